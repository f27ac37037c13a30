"""A map's tiles over HTTP: for the browser they were offered to, kept as long as they are true, and free of names."""

from __future__ import annotations

import gzip
from datetime import date

import pytest

from geo.errors import NotFound
from geo.model import VisitEntry
from geo.store.database import Database
from geo.store.visits import record_visit
from geo.tiles import decode_tile, split_key
from geo.tiles.answers import TileView
from geo.tiles.live import keep_index
from geo.web import grants
from geo.web.changes import EVERY_S
from geo.web.grants import Payload
from tests.asking import OTHER, OWNER, ask, listen
from tests.world import PLANNER


class TestTiles:
    """A map's tiles over HTTP, and the socket that tells of saves."""

    @pytest.fixture
    def offered(self, world: Database) -> tuple[Database, TileView, str]:
        """Offer the tiles of the whole test world to a browser."""
        view = TileView(keep_index(world, PLANNER, round_id="2", as_of=date(2019, 11, 20)))

        def answer(name: str) -> Payload:
            found = view.answer(name)
            if found is None:
                raise NotFound("web.link_gone")
            return Payload(found.body, found.media_type, lasts=found.lasts)

        return world, view, grants.offer(OWNER, "tiles", answer, single_use=False)

    @staticmethod
    def address(view: TileView, zoom: int = 11) -> str:
        """Return the name of the tile that most households stand in."""
        x, y = split_key(view.live.now().key)
        return f"t/{view.version}/{zoom}/{int(x[0]) >> (30 - zoom)}/{int(y[0]) >> (30 - zoom)}"

    def test_a_tile_is_for_its_browser_and_may_be_kept(self, offered: tuple[Database, TileView, str]) -> None:
        """The owner gets the tile, to keep while its version stands; another browser and an odd name get nothing."""
        _, view, token = offered
        address = f"/tiles/{token}/{self.address(view)}"
        got = ask(address, owner=OWNER)
        assert got.status == 200
        assert decode_tile(got.body).columns[0].sum() > 0
        assert got.headers["cache-control"] == "private, max-age=3600, immutable"
        assert ask(address, owner=OTHER).status == 403
        assert ask(address).status == 403
        for odd in ("t/1/5/1/1", "t/1/14/99999/1", "t/1/14/1", "t/a/14/1/1", "secret"):
            assert ask(f"/tiles/{token}/{odd}", owner=OWNER).status == 404

    def test_several_tiles_come_in_one_answer(self, offered: tuple[Database, TileView, str]) -> None:
        """Tiles asked for together are those asked for one by one, in the order asked; one that is none is refused."""
        _, view, token = offered
        one = self.address(view, 14)
        _, version, zoom, x, y = one.split("/")
        beside = f"t/{version}/{zoom}/{int(x) + 1}/{y}"
        got = ask(f"/tiles/{token}/ts/{version}/{zoom}/{x}-{y}_{int(x) + 1}-{y}", owner=OWNER)
        expected = [view.answer(name).body for name in (one, beside)]
        assert got.body == b"".join(len(body).to_bytes(4, "little") + body for body in expected)
        assert len(expected[0]) > 24
        assert got.headers["cache-control"] == "private, max-age=3600, immutable"
        for odd in (f"{x}-{y}_99999-1", "", f"{x}-{y}_", "_".join([f"{x}-{y}"] * 33)):
            assert ask(f"/tiles/{token}/ts/{version}/{zoom}/{odd}", owner=OWNER).status == 404

    def test_an_older_version_is_answered_with_now_and_not_kept(self, offered: tuple[Database, TileView, str]) -> None:
        """After a save the old address gives the new data once, and nobody keeps it under the old name."""
        world, view, token = offered
        old = f"/tiles/{token}/{self.address(view)}"
        record_visit(world, PLANNER, entry=VisitEntry("n1", "h11", date(2019, 11, 20), "effective"))
        got = ask(old, owner=OWNER)
        assert decode_tile(got.body).version == world.revision()
        assert got.headers["cache-control"] == "no-store"

    def test_a_large_answer_is_packed_for_who_takes_it(self) -> None:
        """Above 1.5 kB an answer of a map is gzip for a browser that accepts it, and plain for one that does not."""
        body = b"household " * 500
        token = grants.offer(OWNER, "tiles", lambda _name: Payload(body, "application/octet-stream"), single_use=False)
        packed = ask(f"/tiles/{token}/x", owner=OWNER, accept_encoding="gzip, br")
        assert packed.headers["content-encoding"] == "gzip"
        assert gzip.decompress(packed.body) == body
        assert ask(f"/tiles/{token}/x", owner=OWNER).body == body

    def test_no_name_is_in_any_tile(self, offered: tuple[Database, TileView, str]) -> None:
        """Neither names of heads nor codes, phones or places stand in a tile's bytes, at any zoom."""
        world, view, _ = offered
        with world.read() as connection:
            texts = connection.exec_driver_sql(
                "SELECT head_name FROM household UNION SELECT phone FROM household UNION SELECT code FROM household"
                " UNION SELECT name FROM place"
            ).scalars()
            words = [one.encode() for one in texts if len(one) > 1]
        assert words
        for zoom in range(10, 21):
            body = view.answer(self.address(view, zoom)).body
            assert not [word for word in words if word in body]

    def test_a_save_is_told_within_a_second(self, offered: tuple[Database, TileView, str]) -> None:
        """An open map hears of a visit within a second of its saving: the new version, and where."""
        world, view, token = offered
        heard = listen(
            f"/tiles/{token}/changes", owner=OWNER, since=view.version,
            act=lambda: record_visit(world, PLANNER, entry=VisitEntry("n1", "h11", date(2019, 11, 20), "effective")),
        )  # fmt: skip
        seconds, told = heard
        # The store is asked so often; how long a busy machine then takes to say it is not what is tested.
        assert EVERY_S <= 0.5
        assert seconds < 8
        assert told["version"] == world.revision()
        assert len(told["cells"]) == 1

    @pytest.mark.parametrize(("owner", "since"), [(OTHER, "0"), (OWNER, "x")])
    def test_a_strangers_socket_is_closed(
        self, offered: tuple[Database, TileView, str], owner: str, since: str
    ) -> None:
        """A socket of another browser, or one that asks for nonsense, is closed and hears nothing."""
        assert listen(f"/tiles/{offered[2]}/changes", owner=owner, since=since, act=lambda: None) is None
