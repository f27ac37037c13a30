"""Two cases as acts through the services: a square for a group, a school place for a child. Nobody is named."""

from __future__ import annotations

from datetime import date, timedelta

from geo import codes
from geo.issues import Act
from geo.model import IssueEntry, Scope
from geo.store.database import Database
from geo.store.issue_acts import act_on_issue
from geo.store.issues import raise_issue
from geo.store.measures import MeasureEntry, add_measure, finish_measure

#: Who does what for the square, and on which day after the first it is done.
SQUARE = (
    ("村委会", "组织村民投工投劳，平整场地", 3),
    ("乡政府", "现场负责施工，协调机械", 5),
    ("区交通运输局", "调拨水泥和砂石", 2),
    ("区文体广电局", "安装健身器材", 6),
    ("区武装部", "植树、安装路灯", 7),
)


def tell_square(db: Database, scope: Scope, *, group: str, homes: tuple[str, ...], on: date) -> str:
    """A group asks for a meeting place: one issue for all, up to the district, five measures, done within a week."""
    entry = IssueEntry(
        "story-square", group, "group", "OTH", "全组三百来人没有活动场地", on, homes,
        detail="半山上的组，多年要求修一块活动场地，乡里没有资金。", due_on=on + timedelta(days=30), unit="村委会",
    )  # fmt: skip
    raise_issue(db, scope, entry=entry)
    for level, unit in (("township", "乡政府"), ("district", "包村县级领导牵头")):
        _act(db, scope, "story-square", Act("escalated", on, level=level, unit=unit, note="本级没有资金，请上一级研究"))
    _act(db, scope, "story-square", Act("progress", on, note="县级领导召集五人小组现场商定分工"))
    for nth, (unit, text, day) in enumerate(SQUARE):
        one = f"story-square-{nth}"
        due_on = on + timedelta(days=7)
        add_measure(db, scope, entry=MeasureEntry(one, "story-square", text, on, unit, "", due_on))
        finish_measure(db, scope, measure_id=one, rev=1, done_on=on + timedelta(days=day))
    last = on + timedelta(days=7)
    _act(db, scope, "story-square", Act("resolved", last, close_kind="solved", note="1200 平方米的场地建成"))
    _act(
        db, scope, "story-square", Act("closed", last, verified_by=codes.HOUSEHOLD, satisfaction=1, note="村民来信致谢")
    )
    return "story-square"


def tell_school(db: Database, scope: Scope, *, place: str, home: str, on: date) -> str:
    """A child has no school registration: village and township cannot settle it, the district does, the home confirms."""
    entry = IssueEntry(
        "story-school", place, "household", "EDU", "孩子没有学籍，上不了学", on, (home,), due_on=on + timedelta(days=15),
        unit="村委会",
    )  # fmt: skip
    raise_issue(db, scope, entry=entry)
    _act(db, scope, "story-school", Act("assigned", on, unit="村委会"))
    _act(db, scope, "story-school", Act("escalated", on + timedelta(days=3), unit="乡政府", note="村里办不了学籍"))
    later = on + timedelta(days=6)
    _act(db, scope, "story-school", Act("escalated", later, unit="区教育局", note="乡里办不了，请教育局研究"))
    add_measure(
        db, scope, entry=MeasureEntry("story-school-0", "story-school", "补办学籍，安排就近入学", later, "区教育局")
    )
    done = on + timedelta(days=12)
    finish_measure(db, scope, measure_id="story-school-0", rev=1, done_on=done)
    _act(db, scope, "story-school", Act("resolved", done, close_kind="solved", note="孩子已回到学校"))
    verified = done + timedelta(days=2)
    _act(db, scope, "story-school", Act("closed", verified, verified_by="村监督委员会", satisfaction=1))
    return "story-school"


def _act(db: Database, scope: Scope, issue: str, act: Act) -> None:
    act_on_issue(db, scope, issue_id=issue, act=act, act_id=f"{issue}-{act.kind}-{act.on}-{act.level}{act.unit}")
