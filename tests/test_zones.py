"""片区: kept under a name by who may assign, seen and removed only in the scope's area."""

from __future__ import annotations

import pytest

from geo.errors import Invalid, NotAllowed, NotFound
from geo.model import Scope
from geo.store.database import Database
from geo.store.tile_reads import read_changed, read_tile_homes
from geo.store.zones import list_zones, remove_zone, save_zone
from tests.world import LEADER, PLANNER, TODAY

RING = ((109.1, 27.1), (109.2, 27.1), (109.2, 27.2))


def test_keeping_and_forgetting(world: Database) -> None:
    """An area comes back as it was kept, each name once a place; a map in memory need not be read again."""
    _, stamp = read_tile_homes(world, PLANNER, round_id="2", as_of=TODAY)
    made = save_zone(world, PLANNER, name=" 河边 ", place_id="v1", ring=RING)
    assert list_zones(world, PLANNER) == [made]
    assert (made.name, made.ring) == ("河边", RING)
    assert save_zone(world, PLANNER, name="河边", place_id="v2", ring=RING).place == "v2"
    changed, _ = read_changed(world, PLANNER, round_id="2", since=stamp, days=(TODAY, TODAY))
    assert changed is not None
    assert not changed.homes
    for name, ring in (("河边", RING), ("", RING), ("长" * 41, RING), ("两点", RING[:2])):
        with pytest.raises(Invalid):
            save_zone(world, PLANNER, name=name, place_id="v1", ring=ring)
    remove_zone(world, PLANNER, zone_id=made.id)
    assert [one.place for one in list_zones(world, PLANNER)] == ["v2"]
    with pytest.raises(NotFound):
        remove_zone(world, PLANNER, zone_id=made.id)


def test_who_may(world: Database) -> None:
    """A leader looks and keeps nothing; another village's areas are neither seen nor removed nor made."""
    made = save_zone(world, PLANNER, name="河边", place_id="v1", ring=RING)
    assert list_zones(world, LEADER) == [made]
    other = Scope("planner", "planner", "v2")
    assert list_zones(world, other) == []
    with pytest.raises(NotAllowed):
        save_zone(world, LEADER, name="x", place_id="v1", ring=RING)
    with pytest.raises(NotAllowed):
        save_zone(world, other, name="x", place_id="v1", ring=RING)
    with pytest.raises(NotAllowed):
        remove_zone(world, other, zone_id=made.id)
