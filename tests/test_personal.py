"""Personal data: one table of classes, masked by default, shown for a reason and a minute, small counts left out."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from geo.errors import Invalid, NotAllowed
from geo.exports import ExportHead
from geo.mask import FIELD_CLASSES, mask_name, mask_phone, mask_value, say_count
from geo.model import Scope
from geo.schema import household, metadata
from geo.schema.base import FreeWord
from geo.store.auditlog import Wanted, list_acts
from geo.store.database import Database
from geo.store.households import get_household
from geo.store.reads import read_by_tag
from geo.store.reveal import reveal_person
from tests.world import LEADER, PLANNER, TAKER

AUDITOR = Scope("auditor", "auditor", "d")
#: Names of columns that sound like something about a person.
SOUNDS_PERSONAL = re.compile(r"phone|head_name|minutes|participants|id_hash|last4|person_name|^lon$|^lat$")
#: Columns that sound so and hold none: the point of a unit.
NOT_PERSONAL = {"place.lon", "place.lat"}


def test_every_personal_column_is_in_the_table() -> None:
    """What the schema marks as personal, or what sounds like it, has a class; every class is about a column that exists."""
    columns = {f"{table.name}.{column.name}": column for table in metadata.sorted_tables for column in table.c}
    marked = {name for name, column in columns.items() if column.info.get("personal")}
    sounding = {
        name for name, column in columns.items()
        if SOUNDS_PERSONAL.search(column.name) and "allowed" not in column.info
        and not isinstance(column.type, type(household.c.size.type)) and column.type.python_type is not bool
    }  # fmt: skip
    assert (marked | sounding) - FIELD_CLASSES.keys() - NOT_PERSONAL == set()
    assert FIELD_CLASSES.keys() - columns.keys() == set()
    assert isinstance(household.c.head_name.type, FreeWord)


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("household.head_name", "张三丰", "张*"),
        ("household.head_name", "", ""),
        ("household.phone", "13812345678", "138****5678"),
        ("household.phone", "12345", "****"),
        ("household.id_last4", "123X", "…"),
        ("household.note", "有病", "…"),
        ("household.size", 3, 3),
        ("person.name", "李组长", "李*"),
        ("household.lon", 109.1, 109.1),
    ],
)
def test_how_each_class_is_masked(column: str, value: object, shown: object) -> None:
    """A name is 张*, a phone 138****5678, of an ID number nothing, free text is left out."""
    assert mask_value(column, value) == shown
    assert (mask_name("欧阳三"), mask_phone("13800005678")) == ("欧*", "138****5678")


def test_masked_until_somebody_says_why(world: Database) -> None:
    """Even a planner gets head and phone masked, no ID; with a reason they are shown, and the log says who, whose, why."""
    with world.write() as connection:
        connection.execute(household.update().where(household.c.id == "h01").values(id_hash="ab", id_last4="736X"))
    row = get_household(world, PLANNER, household_id="h01")
    assert [row[one] for one in ("head_name", "phone", "id_hash", "id_last4", "has_id")] == [
        "测*", "199****0001", None, None, True,
    ]  # fmt: skip
    for reason in ("", " ", "x"):
        with pytest.raises(Invalid):
            reveal_person(world, PLANNER, household_id="h01", reason=reason)
    assert list_acts(world, AUDITOR, wanted=Wanted(kind="reveal")) == []
    found = reveal_person(world, PLANNER, household_id="h01", reason="回访 19900000001 核对")
    assert (found.head_name, found.phone, found.id_last4) == ("测01", "19900000001", "736X")
    (act,) = list_acts(world, AUDITOR, wanted=Wanted(kind="reveal"))
    assert (act["actor"], act["object"]) == ("planner", "h01")
    assert json.loads(act["diff"]) == {"reason": "回访 … 核对", "fields": ["head_name", "phone", "id_last4"]}


@pytest.mark.parametrize(
    "scope", [LEADER, Scope("s", "system_admin", "d"), AUDITOR, Scope("r", "recorder", "v2")], ids=lambda one: one.role
)
def test_no_reveal_without_the_right_or_elsewhere(world: Database, scope: Scope) -> None:
    """Leaders, system administrators, auditors and recorders of another village are refused, and nothing is logged as shown."""
    with pytest.raises(NotAllowed):
        reveal_person(world, scope, household_id="h01", reason="核对信息")
    assert list_acts(world, AUDITOR, wanted=Wanted(kind="reveal")) == []


def test_small_counts_are_left_out(world: Database) -> None:
    """A tag that one or two households hold is not counted out of a district, nor of a village to a leader; three are."""
    where = {"round_id": "2", "place_id": "d"}

    def count(scope: Scope, **more: str) -> dict[str, int]:
        return {kind: one.denominator for kind, one in read_by_tag(world, scope, **(where | more)).items()}

    assert count(TAKER) == {"elder_alone": 2, "dibao": 1}
    assert count(PLANNER) == count(LEADER) == {}
    holders = {one: count(PLANNER, place_id=one) for one in ("v1", "v2", "v3", "v4", "v5")}
    assert {kind for one in holders.values() for kind in one} == {"elder_alone", "dibao"}
    assert not any(count(LEADER, place_id=one) for one in holders)
    with world.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO household_tag (id, household, kind, since, status, created_at, created_by) "
            "VALUES ('t9', 'h02', 'elder_alone', '2019-01-01', 'active', '', '')"
        )
    assert count(LEADER) == count(PLANNER) == {"elder_alone": 3}


@pytest.mark.parametrize(
    ("count", "level", "said"),
    [(0, "district", "0"), (1, "district", "<3"), (2, "township", "<3"), (3, "township", "3"), (1, "village", "1"),
     (2, "group", "2"), (12345, "district", "12,345")],
)  # fmt: skip
def test_how_a_small_count_is_said(count: int, level: str, said: str) -> None:
    """One or two of a district or township are said as <3, nothing and three as they are, in a village everything."""
    assert say_count(count, level, least=3) == said


def test_a_file_says_who_made_it_and_when() -> None:
    """The line and the foot of a file that is made now carry the maker and the minute."""
    head = ExportHead("缺口清单", "测试区", "第2轮", date(2019, 11, 20), "", "王测").signed()
    assert re.search(r"王测 \d{4}-\d\d-\d\d \d\d:\d\d$", head.line(3))
    assert re.search(r"王测 \d{4}-\d\d-\d\d \d\d:\d\d", head.foot())
    assert head.as_dict(3)["made_at"] == head.made_at
