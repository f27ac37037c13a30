"""Map tiles against plain queries: the households drawn are those stored, for every view, zoom and save."""

from __future__ import annotations

from collections import Counter
from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import codes
from geo.issues import Act
from geo.model import IssueEntry, Scope, VisitEntry
from geo.store.assignments import add_person, assign
from geo.store.database import Database
from geo.store.homes import read_homes
from geo.store.households import move_household, set_point
from geo.store.issue_acts import act_on_issue
from geo.store.issues import raise_issue
from geo.store.rounds import current_round
from geo.store.tile_reads import list_leaves
from geo.store.visits import record_visit, void_visit
from geo.tiles import (
    CELLS,
    POINTS,
    Tile,
    Wanted,
    build_index,
    count_escalated,
    decode_tile,
    encode_tile,
    from_grid,
    split_key,
    to_grid,
)
from geo.tiles.cells import Cells, count_cells
from geo.tiles.live import LiveIndex, keep_index
from geo.ui.datasource import database
from geo.ui.warming import warm_map

SCOPE = Scope("planner", "planner", "d")
TODAY = date(2019, 11, 20)
LEAVES = ("g1", "g2", "g3")
SPOT = (109.2, 27.7)


def act(db: Database, step: Act) -> None:
    """Do something about the issue i9."""
    act_on_issue(db, SCOPE, issue_id="i9", act=step, act_id=f"i9-{step.kind}")


#: A busy machine is no failure, and a run is the same as the last.
FEW = settings(deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
homes_lists = st.lists(
    st.tuples(
        st.sampled_from(LEAVES),
        st.floats(-0.05, 0.05),
        st.floats(-0.05, 0.05),
        st.integers(0, 6),
        st.integers(0, 3),
        st.sampled_from(("", "", "a", "b")),
    ),
    max_size=70,
)
views = st.builds(
    lambda leaves, among: Wanted(leaves, None if among is None else np.array(sorted(among), dtype=np.uint32)),
    st.none() | st.frozensets(st.sampled_from((*LEAVES, "elsewhere"))),
    st.none() | st.sets(st.integers(1, 70)),
)


def table(rows: list[tuple[str, float, float, int, int, str]]) -> pd.DataFrame:
    """Return homes as the store gives them; a dwelling's households stand together."""
    frame = pd.DataFrame(rows, columns=["place", "lon", "lat", "state", "ring", "dwelling"])
    frame["tile_id"] = np.arange(1, len(frame) + 1)
    frame["lon"], frame["lat"] = frame["lon"].astype(float) + SPOT[0], frame["lat"].astype(float) + SPOT[1]
    return frame


def plainly(homes: pd.DataFrame, wanted: Wanted) -> dict[int, tuple[int, int, int, int]]:
    """Return tile id → grid x, y, state, ring of the households a view wants, row by row."""
    first: dict[tuple[str, str], tuple[float, float]] = {}
    found = {}
    for row in homes.to_dict("records"):
        at = (row["lon"], row["lat"])
        if row["dwelling"]:
            at = first.setdefault((row["place"], row["dwelling"]), at)
        if wanted.leaves is not None and row["place"] not in wanted.leaves:
            continue
        if wanted.among is not None and row["tile_id"] not in wanted.among.tolist():
            continue
        x, y = to_grid(np.array([at[0]]), np.array([at[1]]))
        found[row["tile_id"]] = (int(x[0]), int(y[0]), row["state"], row["ring"])
    return found


def tiles_around(zoom: int) -> list[tuple[int, int]]:
    """Return the tiles of a viewport of 3 × 3 tiles around the middle."""
    x, y = to_grid(np.array([SPOT[0]]), np.array([SPOT[1]]))
    middle = (int(x[0]) >> (30 - zoom), int(y[0]) >> (30 - zoom))
    return [(middle[0] + dx, middle[1] + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]


def drawn(tile: Tile) -> dict[int, tuple[int, int]]:
    """Return household → state and ring of those that stand inside a points tile (not in its margin)."""
    x, y, number, code = (column.tolist() for column in tile.columns)
    inside = [0 <= a < 4096 and 0 <= b < 4096 for a, b in zip(x, y, strict=True)]
    rows = zip(number, code, inside, strict=True)
    return {one: (packed & 15, (packed >> 4) & 3) for one, packed, is_inside in rows if is_inside}


@settings(FEW, max_examples=50)
@given(homes_lists, views, st.integers(13, 20))
def test_points_in_a_viewport_are_those_of_a_plain_query(rows: list, wanted: Wanted, zoom: int) -> None:
    """For every filter and zoom from 13, the households in the tiles of a viewport are exactly those it covers, once."""
    homes = table(rows)
    index = build_index(homes, 1)
    found: dict[int, tuple[int, int]] = {}
    viewport = tiles_around(zoom)
    for x, y in viewport:
        here = drawn(decode_tile(encode_tile(index, zoom, x, y, wanted=wanted)))
        assert not found.keys() & here.keys()
        found |= here
    expected = {
        number: (state, ring)
        for number, (x, y, state, ring) in plainly(homes, wanted).items()
        if (x >> (30 - zoom), y >> (30 - zoom)) in viewport
    }
    assert found == expected


@settings(FEW, max_examples=50)
@given(homes_lists, views, st.integers(6, 12))
def test_cells_sum_to_the_plain_query(rows: list, wanted: Wanted, zoom: int) -> None:
    """Below zoom 13 the counts of the cells sum, by state and ring, to the households wanted."""
    homes = table(rows)
    index = build_index(homes, 1)
    counted: Counter[tuple[int, int]] = Counter()
    expected = plainly(homes, wanted)
    for x, y in {(x >> (30 - zoom), y >> (30 - zoom)) for x, y, *_ in expected.values()} | set(tiles_around(zoom)):
        tile = decode_tile(encode_tile(index, zoom, x, y, wanted=wanted))
        assert tile.kind == CELLS
        for count, _position, code in zip(*(column.tolist() for column in tile.columns), strict=True):
            counted[code & 15, code >> 4] += count
    assert counted == Counter((state, ring) for *_, state, ring in expected.values())


corners = st.tuples(st.floats(109.14, 109.26), st.floats(27.64, 27.76))


@settings(FEW, max_examples=40)
@given(homes_lists, views, st.lists(corners, min_size=3, max_size=8))
def test_an_area_holds_whom_a_plain_query_says(rows: list, wanted: Wanted, ring: list[tuple[float, float]]) -> None:
    """The households in a drawn area, also one whose line crosses itself, are those whose own point lies in it."""
    homes = table(rows)
    found = build_index(homes, 1).within(ring, wanted)
    drawn_on = [tuple(int(axis[0]) for axis in to_grid(np.array([lon]), np.array([lat]))) for lon, lat in ring]
    area = shapely.make_valid(shapely.Polygon(drawn_on))
    expected = [number for number, (x, y, *_) in plainly(homes, wanted).items() if area.intersects(shapely.Point(x, y))]
    assert found.tolist() == sorted(expected)


def test_a_crowded_cell_tile_counts_the_same_way() -> None:
    """A tile of many households, which is counted by a table instead of sorting, gives the same counts."""
    random = np.random.default_rng(5)
    count = 40_000
    homes = pd.DataFrame({
        "place": "g1", "tile_id": np.arange(1, count + 1), "lon": SPOT[0] + random.uniform(0, 0.01, count),
        "lat": SPOT[1] + random.uniform(0, 0.01, count), "state": random.integers(0, 7, count),
        "ring": random.integers(0, 4, count), "dwelling": "",
    })  # fmt: skip
    index = build_index(homes, 1)
    x, y = to_grid(homes["lon"].to_numpy(), homes["lat"].to_numpy())
    totals: Counter[tuple[int, int]] = Counter()
    for tile_x, tile_y in {(a >> 18, b >> 18) for a, b in zip(x.tolist(), y.tolist(), strict=True)}:
        tile = decode_tile(encode_tile(index, 12, tile_x, tile_y))
        for amount, position, code in zip(*(column.tolist() for column in tile.columns), strict=True):
            assert 0 <= position < 128 * 128
            totals[code & 15, code >> 4] += amount
    assert totals == Counter(zip(homes["state"].tolist(), homes["ring"].tolist(), strict=True))


def test_a_symbol_reaches_into_the_next_tile() -> None:
    """A household a few pixels outside a tile is in its margin, one far outside is not; with a ring it reaches further."""
    zoom = 16
    x, y = tiles_around(zoom)[4]
    lon, lat = from_grid(np.array([(x + 1 + d / 256) * 2**14 for d in (4, 20, 20, 60)]), np.full(4, (y + 0.5) * 2**14))
    homes = pd.DataFrame({"place": "g1", "tile_id": [1, 2, 3, 4], "lon": lon, "lat": lat, "state": 1,
                          "ring": [0, 0, 3, 3], "dwelling": ""})  # fmt: skip
    tile = decode_tile(encode_tile(build_index(homes, 1), zoom, x, y))
    assert tile.kind == POINTS
    assert sorted(tile.columns[2].tolist()) == [1, 3]
    assert drawn(tile) == {}


def test_positions_are_exact_to_a_sixteenth_of_a_pixel() -> None:
    """What a tile says of a position is within 1/16 px of where the household stands, at every zoom."""
    homes = table([("g1", 0.0123456, -0.0234567, 0, 0, "")])
    gx, gy = to_grid(homes["lon"].to_numpy(), homes["lat"].to_numpy())
    for zoom in range(13, 21):
        tile_x, tile_y = int(gx[0]) >> (30 - zoom), int(gy[0]) >> (30 - zoom)
        tile = decode_tile(encode_tile(build_index(homes, 1), zoom, tile_x, tile_y))
        for got, cell, at in ((tile.columns[0][0], gx[0], tile_x), (tile.columns[1][0], gy[0], tile_y)):
            assert abs((at + got / 4096) * 2 ** (30 - zoom) - cell) <= 2 ** (30 - zoom) / 4096


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GEOT",
        b"NOPE" + bytes(20),
        b"GEOT\x03\x01\x00\x00\x01" + bytes(15),
        b"GEOT\x03\x01" + bytes(19),
        b"GEOT\x03\x02\x0b\x03" + bytes(16),
    ],
)
def test_other_bytes_are_no_tile(content: bytes) -> None:
    """Bytes that are no whole tile of this version raise an error."""
    with pytest.raises(ValueError, match=r"tile|cut|long"):
        decode_tile(content)


@pytest.mark.parametrize("at", [(5, 1, 1), (21, 1, 1), (13, -1, 0), (13, 0, 1 << 13)])
def test_no_tile_outside_the_map(at: tuple[int, int, int]) -> None:
    """A zoom or tile that the map does not have is refused."""
    with pytest.raises(ValueError, match="no such tile"):
        encode_tile(build_index(table([]), 1), *at)


def counted(cells: Cells) -> list[list[int]]:
    """Return the columns of cells."""
    return [column.tolist() for column in (cells.joined, cells.count, cells.place, cells.code)]


@settings(FEW, max_examples=40)
@given(homes_lists, homes_lists, st.sets(st.sampled_from(LEAVES)))
def test_a_patched_index_is_a_built_one(before: list, after: list, places: set[str]) -> None:
    """An index with the rows of some places replaced equals one built from everything, its cells too, and tells where it changed."""
    old, new = table(before), table(after)
    new["tile_id"] += 100
    mixed = pd.concat([old[~old["place"].isin(places)], new[new["place"].isin(places)]])
    fresh = mixed[mixed["place"].isin(places)]
    index = build_index(old, 1)
    for zoom in range(10, 13):
        index.cells(zoom)
    patched = index.patched(fresh, 2, places=places, homes=set())
    built = build_index(mixed, 2)
    for zoom in range(10, 13):
        assert counted(patched.cells(zoom)) == counted(count_cells(built.key, built.code, zoom))

    def said(one: object) -> list[tuple[int, int, str, int]]:
        names = {number: place for place, number in one.leaves.items()}
        leaf = [names[number] for number in one.leaf.tolist()]
        return sorted(zip(one.key.tolist(), one.tile_id.tolist(), leaf, one.code.tolist(), strict=True))

    assert said(patched) == said(built)
    assert (np.diff(patched.key.astype(np.int64)) >= 0).all()
    told = patched.changed_since(1)
    moved = {row[0] for row in set(said(index)) ^ set(said(patched))}
    assert told is not None
    assert len(told) == len(moved)


class TestLive:
    """The index that a process keeps, over saves in a real store."""

    @staticmethod
    def expected(db: Database, scope: Scope = SCOPE) -> dict[int, tuple[int, int]]:
        """Return household → state and ring by the reader of the lists."""
        homes = read_homes(db, scope, round_id="2", place_id=scope.area, as_of=TODAY, with_left=True)
        located = homes.dropna(subset=["lon", "lat"])
        number = {state: nth for nth, state in enumerate(codes.VISIT_STATES)}
        return {int(row["tile_id"]): (number[row["state"]], int(row["ring"])) for row in located.to_dict("records")}

    @staticmethod
    def shown_below(live: LiveIndex) -> Counter[tuple[int, int]]:
        """Return how many households of each state and ring the tiles of zoom 11 over everything count."""
        index = live.now()
        sums: Counter[tuple[int, int]] = Counter()
        for x, y in {
            (x >> 19, y >> 19) for x, y in zip(*(axis.tolist() for axis in split_key(index.key)), strict=True)
        }:
            tile = decode_tile(encode_tile(index, 11, x, y))
            for count, _, code in zip(*(column.tolist() for column in tile.columns), strict=True):
                sums[code & 15, code >> 4] += count
        return sums

    @staticmethod
    def shown(live: LiveIndex) -> dict[int, tuple[int, int]]:
        """Return what the tiles of zoom 13 over everything say."""
        index = live.now()
        x, y = (np.unique(axis >> 17) for axis in split_key(index.key))
        found: dict[int, tuple[int, int]] = {}
        for one in x.tolist():
            for other in y.tolist():
                found |= drawn(decode_tile(encode_tile(index, 13, one, other)))
        return found

    def test_after_each_save_the_next_tile_agrees(self, world: Database) -> None:
        """Visits, voids, issues, assignments, a move and a point: each is in the next tile, and nothing is built anew."""
        live = LiveIndex(world, SCOPE, round_id="2", as_of=TODAY)
        assert self.shown(live) == self.expected(world)
        assert self.shown_below(live) == Counter(self.expected(world).values())
        up_before = self.went_up(live)
        person = add_person(world, SCOPE, name="周测三", place_id="v1")
        saves = [
            lambda: record_visit(world, SCOPE, entry=VisitEntry("n1", "h11", TODAY, "effective")),
            lambda: record_visit(world, SCOPE, entry=VisitEntry("n2", "h12", TODAY, "refused", reason="other")),
            lambda: void_visit(world, SCOPE, visit_id="n1", void_id="w1"),
            lambda: raise_issue(
                world, SCOPE, entry=IssueEntry("i9", "g03", "household", "OTH", "屋顶漏水", date(2019, 11, 1), ("h13",),
                                               due_on=date(2019, 11, 10))
            ),
            lambda: act(world, Act("escalated", date(2019, 11, 2), unit="乡政府")),
            lambda: act(world, Act("progress", date(2019, 11, 3), note="已到现场")),
            lambda: assign(world, SCOPE, round_id="2", assignee=person, due_on=date(2019, 10, 20), groups=["g03"]),
            lambda: assign(world, SCOPE, round_id="2", assignee=person, due_on=date(2019, 10, 20), households=["h10"]),
            lambda: move_household(world, SCOPE, household_id="h02", rev=1, place_id="g02"),
            lambda: set_point(world, SCOPE, household_id="h51", rev=1, lon=109.15, lat=27.65),
        ]  # fmt: skip
        for save in saves:
            before = live.now()
            save()
            assert self.shown(live) == self.expected(world)
            assert self.shown_below(live) == Counter(self.expected(world).values())
            assert live.now().version == world.revision() > before.version
        assert live.builds == 1
        # The issue that went up is told by the byte of its household, until it is settled.
        home = read_homes(world, SCOPE, round_id="2", place_id="d").set_index("household").loc["h13", "tile_id"]
        assert self.went_up(live) == {*up_before, home}
        act(world, Act("resolved", TODAY, close_kind="solved", note="已修"))
        act(world, Act("closed", TODAY, close_kind="solved", verified_by="household", satisfaction=1))
        assert self.went_up(live) == up_before
        assert live.builds == 1

    @staticmethod
    def went_up(live: LiveIndex) -> set[int]:
        """Return the numbers of located households with an open issue that went up."""
        index = live.now()
        found = set(index.tile_id[index.code & 0x80 != 0].tolist())
        assert count_escalated(index, Wanted()) == len(found) + int((index.aside.code & 0x80 != 0).sum())
        return found

    def test_a_save_tells_where(self, world: Database) -> None:
        """After one visit the change is one cell of the grid, that of the household; an older version knows all since."""
        live = LiveIndex(world, SCOPE, round_id="2", as_of=TODAY)
        start = live.now()
        record_visit(world, SCOPE, entry=VisitEntry("n1", "h11", TODAY, "effective"))
        middle = live.now()
        record_visit(world, SCOPE, entry=VisitEntry("n2", "h58", TODAY, "refused", reason="other"))
        end = live.now()
        assert len(middle.changed_since(start.version)) == 1
        assert len(end.changed_since(middle.version)) == 1
        assert len(end.changed_since(start.version)) == 2
        assert end.changed_since(end.version) == ()
        assert end.changed_since(start.version - 1) is None

    def test_an_area_sees_itself_alone(self, world: Database) -> None:
        """A recorder's index holds the households of the own village and no other, also after a save elsewhere."""
        own = Scope("r", "recorder", "v1")
        live = LiveIndex(world, own, round_id="2", as_of=TODAY)
        assert self.shown(live) == self.expected(world, own)
        record_visit(world, SCOPE, entry=VisitEntry("n2", "h56", TODAY, "refused", reason="other"))
        assert self.shown(live) == self.expected(world, own)
        assert set(live.now().leaves) <= set(list_leaves(world, SCOPE, place_id="v1"))

    def test_something_unknown_builds_anew(self, world: Database) -> None:
        """A write that left no act, as another program would make it, is in the next tile too."""
        live = LiveIndex(world, SCOPE, round_id="2", as_of=TODAY)
        live.now()
        with world.write() as connection:
            connection.exec_driver_sql("UPDATE household SET lon = NULL, lat = NULL WHERE id = 'h01'")
        assert self.shown(live) == self.expected(world)
        assert live.builds == 2

    def test_it_is_ready_at_start(self, world: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        """What the server does at its start reads the whole district's index, which the first look then finds there."""
        monkeypatch.setenv("GEO_DB", str(world.path))
        assert warm_map() == len(self.expected(world))
        scope = Scope("other", "leader", "d")
        kept = keep_index(database(), scope, round_id=current_round(world, scope).id, as_of=TODAY)
        assert kept.builds == 1

    def test_a_place_shows_what_lies_under_it(self, world: Database) -> None:
        """The view of a village counts the located households of its roster and no other."""
        index = LiveIndex(world, SCOPE, round_id="2", as_of=TODAY).now()
        homes = read_homes(world, SCOPE, round_id="2", place_id="v1", as_of=TODAY, with_left=True)
        wanted = Wanted(list_leaves(world, SCOPE, place_id="v1"))
        assert index.count(wanted) == homes["lon"].notna().sum() > 0
