// Draws a tile pixel by pixel, from the uppermost symbol down: what others cover costs next to nothing, and most of what
// stands in a village seen from afar is covered. A canvas would have to draw all of it, from the lowest up.
//
// A pixel is one number, alpha · blue · green · red, its colours multiplied by alpha until the tile is finished.
(() => {
  "use strict";
  const CHANNELS = [0, 8, 16];
  // Pixels of a line that are looked at together: a bit each of one number.
  const TOGETHER = 32;
  // What shines through a pixel with this much alpha, nobody sees.
  const NEARLY = 245;

  // Returns a drawing as a picture to stamp: how far it reaches from its middle, and its pixels that are not empty, in
  // pieces of lines: where each begins, a bit for each pixel of it, and their values.
  function takePicture(canvas) {
    const { width, height } = canvas;
    const drawn = new Uint32Array(canvas.getContext("2d").getImageData(0, 0, width, height).data.buffer);
    const pieces = new Map();
    let reach = 0;
    drawn.forEach((pixel, at) => {
      if (!(pixel >>> 24)) return;
      const [dx, dy] = [(at % width) - (width >> 1), Math.floor(at / width) - (height >> 1)];
      const nth = (at % width) % TOGETHER;
      const key = `${dy}:${dx - nth}`;
      if (!pieces.has(key)) pieces.set(key, { dx: dx - nth, dy, bits: 0, values: new Int32Array(TOGETHER) });
      const piece = pieces.get(key);
      piece.bits |= 1 << nth;
      piece.values[nth] = weigh(pixel);
      reach = Math.max(reach, Math.abs(dx), Math.abs(dy));
    });
    return { reach, pieces: [...pieces.values()], wide: 0 };
  }

  // Returns a pixel of a canvas with its colours multiplied by its alpha.
  function weigh(pixel) {
    const alpha = pixel >>> 24;
    return CHANNELS.reduce((sum, by) => sum | (Math.round((((pixel >>> by) & 255) * alpha) / 255) << by), alpha << 24);
  }

  // Returns a pixel with its colours as they are without alpha; `by` is 255 / alpha.
  function unweigh(pixel, by) {
    const [red, green, blue] = [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];
    const full = (light) => Math.min(255, (light * by + 0.5) | 0);
    return (pixel & 0xff000000) | (full(blue) << 16) | (full(green) << 8) | full(red);
  }

  // Says how far a picture's pieces are from its middle in a sheet of some width.
  function fit(picture, wide) {
    picture.wide = wide;
    picture.steps = Int32Array.from(picture.pieces, ({ dx, dy }) => dy * wide + dx);
    picture.bits = Int32Array.from(picture.pieces, ({ bits }) => bits);
    picture.values = new Int32Array(TOGETHER * picture.pieces.length);
    picture.pieces.forEach(({ values }, nth) => picture.values.set(values, TOGETHER * nth));
  }

  class Raster {
    // Begins an empty tile; `reach` is that of the widest picture that will be stamped.
    begin(width, height, reach) {
      const room = 2 * reach + TOGETHER;
      const [wide, high] = [width + 2 * room, height + 2 * room];
      if (this.image && this.image.width === wide && this.image.height === high) {
        this.pixels.fill(0);
        this.covered.fill(0);
      } else {
        this.image = new ImageData(wide, high);
        this.pixels = new Int32Array(this.image.data.buffer);
        // A bit for each pixel through which nothing below shows.
        this.covered = new Int32Array((this.pixels.length >> 5) + 2);
      }
      Object.assign(this, { width, height, room, wide });
    }

    // Puts a picture under all that is there, its middle on a whole pixel of the tile or beside it.
    stamp(picture, x, y) {
      const { covered, room, wide } = this;
      const { reach } = picture;
      if (x < -reach || y < -reach || x > this.width + reach || y > this.height + reach) return;
      if (picture.wide !== wide) fit(picture, wide);
      const { steps, bits, values } = picture;
      const middle = (y + room) * wide + x + room;
      for (let piece = 0; piece < steps.length; piece += 1) {
        const from = middle + steps[piece];
        const word = from >> 5;
        const by = from & 31;
        const hidden = by ? (covered[word] >>> by) | (covered[word + 1] << (TOGETHER - by)) : covered[word];
        for (let left = bits[piece] & ~hidden; left !== 0; left &= left - 1) {
          const nth = 31 - Math.clz32(left & -left);
          this.shine(from + nth, values[TOGETHER * piece + nth]);
        }
      }
    }

    // Lets a pixel shine through what is above it.
    shine(there, below) {
      const above = this.pixels[there];
      const free = 256 - (above >>> 24);
      let pixel = below;
      if (above !== 0) pixel = above + ((((below & 0xff00ff) * free) >>> 8) & 0xff00ff) + ((((below >>> 8) & 0xff00ff) * free) & 0xff00ff00);
      if (pixel >>> 24 >= NEARLY) {
        pixel |= 255 << 24;
        this.covered[there >> 5] |= 1 << (there & 31);
      }
      this.pixels[there] = pixel;
    }

    // Returns the share of a rectangle on or close to the tile in which nothing is.
    freeOf(x, y, width, height) {
      const { pixels, room, wide } = this;
      let free = 0;
      for (let line = y; line < y + height; line += 1) {
        for (let column = x; column < x + width; column += 1) if (pixels[(line + room) * wide + column + room] === 0) free += 1;
      }
      return free / (width * height);
    }

    // Shows the tile on a canvas of its size.
    finish(draw) {
      const { pixels, room, wide, width, height } = this;
      for (let line = room; line < room + height; line += 1) {
        for (let at = line * wide + room; at < line * wide + room + width; at += 1) {
          const alpha = pixels[at] >>> 24;
          if (alpha !== 0 && alpha !== 255) pixels[at] = unweigh(pixels[at], 255 / alpha);
        }
      }
      draw.putImageData(this.image, -room, -room, room, room, width, height);
    }
  }

  Object.assign(window.GeoMap, { Raster, takePicture });
})();
