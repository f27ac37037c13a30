"""Base maps: pictures from files and services, for one browser, with the key kept; and exact positions on a shifted one."""

from __future__ import annotations

import gzip
import json
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.basemaps import open_source
from geo.basemaps.pmtiles import number_tile
from geo.cli import main
from geo.crs import GCJ02, WGS84, gcj02_from_wgs84
from geo.errors import Invalid, NotAllowed, NotFound
from geo.mapshift import carry_spec
from geo.mapspec import MapSpec
from geo.model import VisitEntry
from geo.store.basemap import BaseMap, read_basemap, read_basemap_key, set_basemap
from geo.store.database import Database
from geo.store.visits import record_visit
from geo.tiles import Wanted, build_index, decode_tile, encode_tile, to_grid
from geo.tiles.live import keep_index
from geo.ui.base_maps import Pictures, carry_back, carry_to
from geo.ui.map_clicks import Clicked, Standing
from geo.ui.mapview import carry_click
from geo.web import grants
from tests.asking import OTHER, OWNER, ask
from tests.world import LEADER, PLANNER

ZOOM, X, Y = 13, 6581, 3441
KEY = "secret/key 1"


def png(red: int, green: int, blue: int) -> bytes:
    """Return a whole PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes([0, red, green, blue])))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


def write_mbtiles(path: Path, tiles: dict[tuple[int, int, int], bytes]) -> Path:
    """Write an MBTiles file of tiles by zoom, x, y (y from the north)."""
    file = sqlite3.connect(path)
    file.execute("CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB)")
    rows = [(zoom, x, (1 << zoom) - 1 - y, body) for (zoom, x, y), body in tiles.items()]
    file.executemany("INSERT INTO tiles VALUES (?, ?, ?, ?)", rows)
    file.commit()
    file.close()
    return path


def varint(value: int) -> bytes:
    """Return a whole number in groups of seven bits, the lowest first."""
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def directory(entries: list[tuple[int, int, int, int]]) -> bytes:
    """Return a packed directory of (number, run, length, offset)."""
    numbers = [entry[0] for entry in entries]
    steps = [b - a for a, b in zip([0, *numbers], numbers, strict=False)]
    columns = [steps, *([entry[at] for entry in entries] for at in (1, 2)), [entry[3] + 1 for entry in entries]]
    return gzip.compress(varint(len(entries)) + b"".join(varint(one) for column in columns for one in column))


def write_pmtiles(path: Path, tiles: dict[tuple[int, int, int], bytes], *, kind: int = 2) -> Path:
    """Write a PMTiles file: one leaf directory under the root; the first tile stands for its neighbour too (a run of 2)."""
    numbered = sorted((number_tile(*at), body) for at, body in tiles.items())
    entries, data = [], b""
    for nth, (number, body) in enumerate(numbered):
        entries.append((number, 1 if nth else 2, len(body), len(data)))
        data += body
    leaf = directory(entries)
    root = directory([(numbered[0][0], 0, len(leaf), 0)])
    offsets = [127, len(root), 127, 0, 127 + len(root), len(leaf), 127 + len(root) + len(leaf), len(data), 0, 0, 0]
    zooms = [at[0] for at in tiles]
    head = struct.pack("<8s11Q6B", b"PMTiles\x03", *offsets, 1, 2, 1, kind, min(zooms), max(zooms))
    path.write_bytes(head.ljust(127, b"\0") + root + leaf + data)
    return path


PICTURES = {(ZOOM, X, Y): png(1, 2, 3), (ZOOM, X + 9, Y + 4): png(4, 5, 6), (14, 2 * X, 2 * Y): png(7, 8, 9)}
ARCHIVES: dict[str, Callable[..., Path]] = {"a.mbtiles": write_mbtiles, "a.pmtiles": write_pmtiles}


@pytest.mark.parametrize("name", ARCHIVES)
def test_pictures_come_from_a_file(tmp_path: Path, name: str) -> None:
    """Every tile of an archive comes back as it went in, under its own address; what it does not hold is nothing."""
    source = open_source(BaseMap("file", file=str(ARCHIVES[name](tmp_path / name, PICTURES))))
    assert source.zooms == (13, 14)
    for at, body in PICTURES.items():
        assert source.picture(0, *at) is not None
        assert (source.picture(0, *at).body, source.picture(0, *at).media_type) == (body, "image/png")
    for at in ((ZOOM, X, Y + 40), (ZOOM, 0, 0), (15, 4 * X, 4 * Y)):
        assert source.picture(0, *at) is None


def test_a_run_of_tiles_is_one_picture(tmp_path: Path) -> None:
    """In a PMTiles file the next number of a run has the same bytes; numbers follow the published curve."""
    assert [number_tile(*at) for at in ((0, 0, 0), (1, 0, 0), (1, 0, 1), (1, 1, 1), (1, 1, 0))] == [0, 1, 2, 3, 4]
    assert number_tile(12, 3423, 1763) == 19078479
    source = open_source(BaseMap("file", file=str(write_pmtiles(tmp_path / "r.pmtiles", {(1, 0, 0): png(1, 1, 1)}))))
    assert source.picture(0, 1, 0, 1).body == source.picture(0, 1, 0, 0).body
    assert source.picture(0, 1, 1, 1) is None


def test_other_files_are_no_base_map(tmp_path: Path) -> None:
    """A missing file, a text, an empty or broken archive, and one of vector tiles are each refused in a sentence."""
    text_file = tmp_path / "a.txt"
    text_file.write_text("no map")
    broken = tmp_path / "b.pmtiles"
    broken.write_bytes(b"PMTiles\x03" + bytes(20))
    empty = write_mbtiles(tmp_path / "e.mbtiles", {})
    vector = write_mbtiles(tmp_path / "v.mbtiles", {(1, 0, 0): gzip.compress(b"vector")})
    packed = write_pmtiles(tmp_path / "v.pmtiles", {(1, 0, 0): b"vector"}, kind=1)
    plain = tmp_path / "p.mbtiles"
    sqlite3.connect(plain).execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(NotFound):
        open_source(BaseMap("file", file=str(tmp_path / "gone.mbtiles")))
    for path in (text_file, broken, empty, vector, packed, plain):
        with pytest.raises(Invalid):
            open_source(BaseMap("file", file=str(path)))


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """Serve pictures as a map service would, on this machine; give the address and the requests that came."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            zoom = int(self.path.split("/")[1])
            self.send_response(302 if zoom == 3 else 200)
            if zoom == 3:
                self.send_header("Location", "/13/1/1?tk=moved")
            self.end_headers()
            self.wfile.write(b"<html>no key</html>" if zoom == 4 else png(9, 9, 9))

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_service_is_asked_by_this_process_once(service: tuple[str, list[str]], world: Database) -> None:
    """The key goes to the service alone, a tile is fetched once; a page in place of a picture and a redirect are nothing."""
    address, asked = service
    base = BaseMap("tianditu", url=address + "/{z}/{x}/{y}?tk={key}")
    set_basemap(world, PLANNER, base=base, key=KEY)
    assert read_basemap(world) == base
    source = open_source(base, key=read_basemap_key(world))
    token = grants.offer(OWNER, "tiles", Pictures(source), single_use=False)
    for _ in range(2):
        got = ask(f"/tiles/{token}/0/13/6581/3441", owner=OWNER)
        assert (got.status, got.body, got.headers["content-type"]) == (200, png(9, 9, 9), "image/png")
    assert asked == ["/13/6581/3441?tk=secret%2Fkey%201"]
    assert got.headers["cache-control"].startswith("private")
    assert "secret" not in repr(got)
    for name in ("0/3/1/1", "0/4/1/1", "0/19/1/1", "1/13/1/1", "0/13/8192/1", "x"):
        assert ask(f"/tiles/{token}/{name}", owner=OWNER).status == 404
    assert [one for one in asked if "moved" in one] == []
    for owner in (OTHER, None):
        assert ask(f"/tiles/{token}/0/13/6581/3441", owner=owner).status == 403


def test_who_may_choose_and_what(world: Database) -> None:
    """None at first; only who operates the file chooses; kinds, systems, addresses and files that are none are refused."""
    assert read_basemap(world) == BaseMap()
    with pytest.raises(NotAllowed):
        set_basemap(world, LEADER, base=BaseMap("osm"))
    wrong: list[dict[str, Any]] = [
        {"kind": "google"}, {"kind": "amap"}, {"kind": "osm", "system": "bd09"}, {"kind": "file"},
        {"kind": "osm", "url": "file:///etc/{z}/{x}/{y}"}, {"kind": "osm", "url": "http://127.0.0.1/tiles"},
        {"kind": "osm", "file": "a.mbtiles"},
    ]  # fmt: skip
    for one in wrong:
        with pytest.raises(Invalid):
            set_basemap(world, PLANNER, base=BaseMap(**one))
    assert read_basemap(world) == BaseMap()


def test_it_is_chosen_on_the_command_line(world: Database, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`basemap` says what there is and chooses; the key is stored and never printed; what cannot be is one sentence."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["basemap", *words, "--db", str(world.path), "--json"])
        said = capsys.readouterr()
        return code, said.out, said.err

    code, out, _ = run()
    assert (code, json.loads(out)) == (0, {"kind": "none", "system": "wgs84", "url": "", "file": "", "key": False})
    code, out, _ = run("--use", "tianditu", "--key", KEY)
    assert (json.loads(out)["kind"], json.loads(out)["key"], KEY in out) == ("tianditu", True, False)
    assert read_basemap_key(world) == KEY
    archive = write_mbtiles(tmp_path / "a.mbtiles", PICTURES)
    assert json.loads(run("--use", "file", "--file", str(archive), "--system", "gcj02")[1])["system"] == "gcj02"
    assert json.loads(run("--use", "amap")[1])["system"] == "gcj02"
    for words in (["--use", "amap", "--system", "wgs84"], ["--use", "file"], ["--use", "file", "--file", "gone"]):
        code, _, said = run(*words)
        assert (code, len(said.splitlines())) == (1, 1)
    assert read_basemap(world).kind == "amap"


points = st.lists(st.tuples(st.floats(109.0, 109.4), st.floats(27.5, 27.9)), min_size=3, max_size=40)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(points)
def test_clicks_come_back_exactly(given_points: list[tuple[float, float]]) -> None:
    """What is clicked or drawn where a GCJ-02 map shows a position comes back as that position, to 0.1 m and far better."""
    shown = carry_to(GCJ02, given_points)
    drawn = carry_click(Clicked("drawn", ring=shown), GCJ02).ring
    clicked = [carry_click(Clicked("point", lon=lon, lat=lat), GCJ02) for lon, lat in shown]
    stood = [carry_click(Clicked("print", standing=Standing(lon, lat, 14)), GCJ02).standing for lon, lat in shown]
    for found in (
        carry_back(GCJ02, shown),
        drawn,
        [(one.lon, one.lat) for one in stood],
        [(one.lon, one.lat) for one in clicked],
    ):
        off = np.abs(np.array(found) - np.array(given_points)) * 111_320
        assert off.max() < 0.001
    assert np.abs(np.array(shown) - np.array(given_points)).min() * 111_320 > 50


@settings(deadline=None, derandomize=True, max_examples=30)
@given(points, st.integers(13, 20))
def test_the_second_index_stands_where_the_map_shows(given_points: list[tuple[float, float]], zoom: int) -> None:
    """On a GCJ-02 map every household is drawn within 1/16 px of its shifted place, and areas drawn there hold the same."""
    homes = pd.DataFrame(given_points, columns=["lon", "lat"])
    homes = homes.assign(place="g1", tile_id=np.arange(1, len(homes) + 1), state=1, ring=0, dwelling="")
    index, plain = build_index(homes, 1, system=GCJ02), build_index(homes, 1)
    gx, gy = to_grid(*gcj02_from_wgs84(homes["lon"].to_numpy(), homes["lat"].to_numpy()))
    for number, x, y in zip(homes["tile_id"].tolist(), gx.tolist(), gy.tolist(), strict=True):
        at = (x >> (30 - zoom), y >> (30 - zoom))
        tile = decode_tile(encode_tile(index, zoom, *at))
        (row,) = np.flatnonzero(tile.columns[2] == number)
        step = 2 ** (30 - zoom) / 4096
        assert abs((at[0] << (30 - zoom)) + tile.columns[0][row] * step - x) <= step
        assert abs((at[1] << (30 - zoom)) + tile.columns[1][row] * step - y) <= step
    ring = [(109.05, 27.55), (109.3, 27.55), (109.3, 27.8), (109.05, 27.8)]
    inside = {n for n, (lon, lat) in enumerate(given_points, 1) if 109.05 < lon < 109.3 and 27.55 < lat < 27.8}
    edge = {n for n, (lon, lat) in enumerate(given_points, 1) if _near(lon, 109.05, 109.3) or _near(lat, 27.55, 27.8)}
    assert set(index.within(ring, Wanted()).tolist()) - edge == set(plain.within(ring, Wanted()).tolist()) - edge
    assert set(plain.within(ring, Wanted()).tolist()) - edge == inside - edge
    fresh = index.patched(homes, 2, places={"g1"}, homes=set())
    assert np.array_equal(fresh.key, index.key)


def _near(value: float, *edges: float) -> bool:
    """Say whether a straight line on one map may pass on the other side of a point on the other (some tens of metres)."""
    return any(abs(value - edge) < 0.001 for edge in edges)


def test_a_file_with_a_shifted_base_shows_shifted_households(world: Database) -> None:
    """Choosing AMap makes the next view's index the second one, which a save keeps up to date; without it it is the first."""

    def first() -> tuple[str, int]:
        index = keep_index(world, PLANNER, round_id="2", as_of=date(2019, 11, 20)).now()
        return index.system.name, int(index.key[index.tile_id.argmin()])

    plain = first()
    set_basemap(world, PLANNER, base=BaseMap("amap", "gcj02"))
    shifted = first()
    record_visit(world, PLANNER, entry=VisitEntry("n1", "h11", date(2019, 11, 20), "effective"))
    assert first() == shifted != plain
    assert (plain[0], shifted[0]) == ("wgs84", "gcj02")
    set_basemap(world, PLANNER, base=BaseMap())
    assert first() == plain


def test_areas_are_carried_too() -> None:
    """Borders, labels and bounds of a view move by the same formula as the households; WGS84 leaves it alone."""
    square = [[[109.0, 27.5], [109.2, 27.5], [109.2, 27.7], [109.0, 27.5]]]
    data = {"shapes": "abc", "bounds": [109.0, 27.5, 109.2, 27.7], "areas": [{"id": 1, "at": [109.1, 27.6]}]}
    shapes = {"1": {"type": "Polygon", "coordinates": square}, "2": {"type": "MultiPolygon", "coordinates": [square]}}
    spec = MapSpec(data, ("p",), json.dumps(shapes).encode())
    carried = carry_spec(spec, GCJ02)
    lon, lat = gcj02_from_wgs84(np.array([109.0, 109.1]), np.array([27.5, 27.6]))
    moved = json.loads(carried.shapes)
    assert moved["1"]["coordinates"][0][0] == pytest.approx([lon[0], lat[0]], abs=1e-6)
    assert moved["2"]["coordinates"][0] == moved["1"]["coordinates"]
    assert carried.data["areas"][0]["at"] == pytest.approx([lon[1], lat[1]], abs=1e-6)
    assert carried.data["bounds"][:2] == pytest.approx([lon[0], lat[0]], abs=1e-6)
    assert carried.data["shapes"] != spec.data["shapes"]
    assert carry_spec(spec, WGS84) is spec
