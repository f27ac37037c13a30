"""The map's tiles drawn a second time, by a canvas, to be compared in the browser."""

#: The largest difference, in any channel, between a tile and what a canvas shows that draws the same from the lowest up.
UNLIKE = """() => { const EDGE = 3; return Math.max(...map_div._geoStage.grid.current().filter(({ el }) => el.rows.count).map(({ el }) => {
    const { rows } = el, draw = new OffscreenCanvas(el.width, el.height).getContext('2d');
    const { side, left, top } = map_div._geoStage.grid.frameOf(el, 1);
    for (const row of rows.order) {
      draw.setTransform(1, 0, 0, 1, Math.round(rows.x[row] * side / 4096 + left), Math.round(rows.y[row] * side / 4096 + top));
      GeoMap.drawHousehold(draw, rows.code[row] & 15, (rows.code[row] & 0xbf) >> 4, GeoMap.sizeAt(map_div.getZoom()));
    }
    const [ours, plain] = [el.getContext('2d'), draw].map((one) => one.getImageData(0, 0, el.width, el.height).data);
    const over = (data, at) => 255 + (data[at] - 255) * data[at | 3] / 255;
    let most = 0;  // a canvas smooths what its edge cuts in another way: not looked at
    for (let y = EDGE; y < el.height - EDGE; y += 1) for (let at = 4 * (y * el.width + EDGE); at < 4 * ((y + 1) * el.width - EDGE); at += 1) {
      if (at % 4 < 3) most = Math.max(most, Math.abs(over(ours, at) - over(plain, at)));
    }
    return most; })); }"""
MOST_UNLIKE = 16
