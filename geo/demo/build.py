"""Building the demo database: unit by unit, into a file beside its place, which takes its place only when whole."""

from __future__ import annotations

import hashlib
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import shapely
from sqlalchemy import select

from geo import config
from geo.demo.copies import multiply
from geo.demo.issue_slots import share_issues
from geo.demo.parameters import ACTOR, PRESETS, TODAYS, iso_day, load_world, stamp
from geo.demo.photos import hang_photos
from geo.demo.rosters import name_round
from geo.demo.seats import lay_out, read_anchors
from geo.demo.unit_rows import write_unit
from geo.demo.units import choose_finished, count_households, list_units
from geo.demo.valleys import Ground
from geo.demo.village import settle
from geo.errors import Invalid
from geo.i18n import text
from geo.schema import place, round_
from geo.store.cells import rebuild_round
from geo.store.create import create_database
from geo.store.database import bulk_insert, write_setting
from geo.store.units import unit_id

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection

    from geo.demo.parameters import World
    from geo.demo.seats import Land
    from geo.demo.units import Unit
    from geo.store.database import Database


def build_demo(path: Path | str, *, preset: str, today: date, seed: int | None = None) -> None:
    """Build a demo database at a path: a preset of `PRESETS`, standing at a day of `TODAYS`.

    The same preset, day and seed give the same rows. Raises `Invalid` for an unknown preset or day, and when something
    is at the path already.
    """
    path = Path(path)
    if preset not in PRESETS:
        raise Invalid("err.demo_preset", preset=preset, presets=", ".join(PRESETS))
    if today not in TODAYS:
        raise Invalid("err.demo_today", d=today, days=", ".join(day.isoformat() for day in TODAYS))
    if path.exists():
        raise Invalid("err.database_exists", path=path.name)
    world = load_world(preset=preset, today=today, seed=seed)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.draft")
    try:
        database = create_database(draft, kind="demo", edition=world.edition, today=today)
        try:
            _fill(database, world, path)
        finally:
            database.close()
        draft.rename(path)
    finally:
        for suffix in ("", "-wal", "-shm"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _fill(database: Database, world: World, path: Path) -> None:
    units = list_units(world)
    land = lay_out(world, units)
    chosen = [unit for unit in units if unit.in_preset(world)]
    with database.engine.connect() as connection:
        # The file is a draft until it is renamed: should the machine stop, it is thrown away, so it needs no journal;
        # rows come parents first, and foreign keys are checked over the whole file afterwards.
        cursor = connection.connection.cursor()
        for pragma in (
            "journal_mode=OFF",
            "synchronous=OFF",
            "foreign_keys=OFF",
            "ignore_check_constraints=ON",
            "locking_mode=EXCLUSIVE",
            "cache_size=-400000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()
    with database.write() as connection:
        _write_settings(connection, world)
        _write_seats(connection, world, units, land)
        _write_rounds(connection, world)
        _write_units(connection, world, chosen, land, count_households(world, units))
        for number in range(1, len(world.rounds) + 1):
            rebuild_round(connection, name_round(number), world.today)
        if world.preset == "stress":
            multiply(connection, world)
        hang_photos(connection, path)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _write_units(connection: Connection, world: World, chosen: list[Unit], land: Land, counts: dict[str, int]) -> None:
    slots = share_issues(world, chosen, counts)
    finished = choose_finished(world, chosen)
    ground = Ground.of(world, land)
    for unit in chosen:
        village = settle(world, land, ground, unit, households=counts[unit.code], finished=unit.code in finished)
        write_unit(connection, village, slots[unit.code])


def _write_settings(connection: Connection, world: World) -> None:
    settings = {
        "label": world.params["label_required"],
        "preset": world.preset,
        "seed": str(world.seed),
        # Keys the hashes of ID numbers, of which the demo has none: made from the seed, so that builds are equal.
        "id_key": hashlib.sha256(f"demo {world.seed}".encode()).hexdigest(),
    }
    for key, value in settings.items():
        write_setting(connection, key, value)


def _write_seats(connection: Connection, world: World, units: list[Unit], land: Land) -> None:
    """Give every unit its point (lon, lat in WGS84 degrees) and the district its outline, marked as computed (示意)."""
    points = {unit.code: land.plane.to_lonlat(land.seats[unit.index - 1]).round(6).tolist() for unit in units}
    points |= {code: list(point) for code, point in world.decided["seats"]["township_centres"].items()}
    city = next(iter(sorted(set(read_anchors()) & {unit.code for unit in units if unit.urban})))
    points[city[:6]] = points[city]
    for code, (lon, lat) in points.items():
        here = place.c.id == unit_id(world.edition, code)
        connection.execute(place.update().where(here).values(lon=lon, lat=lat))
    district = connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar_one()
    outline = shapely.to_wkb(land.lonlat_outline)
    connection.execute(place.update().where(place.c.id == district).values(boundary=outline, boundary_computed=True))


def _write_rounds(connection: Connection, world: World) -> None:
    scope = connection.execute(select(place.c.id).where(place.c.parent.is_(None))).scalar_one()
    if world.preset == "heping":
        scope = unit_id(world.edition, world.params["presets"]["heping"]["unit_prefix"])
    rows = [
        (
            name_round(number), config.PROGRAMME, text("demo.round", n=number), number, scope, iso_day(first),
            iso_day(last), config.TARGET_BP, "closed" if last < world.today.toordinal() else "open", True,
            stamp(first - 10), ACTOR,
        )
        for number, (first, last) in enumerate(world.rounds, start=1)
    ]  # fmt: skip
    columns = [
        "id", "programme", "name", "number", "scope", "starts_on", "ends_on", "target_bp", "status",
        "away_phone_counts", "created_at", "created_by",
    ]  # fmt: skip
    bulk_insert(connection, round_.name, columns, rows)
