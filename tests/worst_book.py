"""A workbook with everything at once that offices hand in, and what it says when it is read right; people are invented."""

from __future__ import annotations

from pathlib import Path

from geo import crs
from tests import odd_books

_TOP = ["序号", "所在地", "", "户编号", "人员信息", "", "", "", "", "坐标", "", "走访", "", "", ""]
_UNDER = [
    "",
    "行政村",
    "村民组",
    "",
    "姓名",
    "与户主关系",
    "证件\n号码",
    "人数",
    "民族",
    "经度",
    "纬度",
    "走访 日期",
    "走访状态",
    "问题类别",
    "备注",
]
_MERGES = ["A1:O1", "A2:A3", "B2:C2", "D2:D3", "E2:I2", "J2:K2", "L2:O2"]
FIRST_ROW = 4
#: Where the homes stand (WGS84), in one cluster.
_CENTRE = (109.15, 27.68)
#: Household code → group, head, size, day of its visit, outcome ('' for none): what the file says when it is read right.
KNOWN = {
    "WB01": ("一组", "王测一", 3, "2019-03-05", "effective"),
    "WB02": ("一组", "王测二", 1, "2019-03-05", "effective"),
    "WB03": ("一组", "王测三", 2, "2019-03-05", "not_home"),
    "WB04": ("二组", "王测四", 1, "2019-03-05", "away_all"),
    "WB05": ("二组", "王测五", 1, "2019-03-05", "effective"),
    "WB06": ("三组", "王测六", 1, "2019-03-05", "effective"),
    "WB07": ("三组", "王测七", 1, "2019-03-05", "effective"),
    "WB08": ("五组", "王测八", 1, "", ""),
}
#: Households whose row is hidden; whose ID number was lost.
HIDDEN, LOST = "WB05", "WB04"


def place_of(code: str) -> tuple[float, float]:
    """Return where a home stands: lon, lat in WGS84 degrees."""
    nth = int(code[2:])
    return _CENTRE[0] + nth * 3e-4, _CENTRE[1] + nth % 3 * 2e-4


def _person(code: str, group: str, name: str, relation: str, day: object = "", state: str = "", **said: object):
    lon, lat = (float(one) for one in crs.from_wgs84(crs.parse_system("gcj02"), *place_of(code or "WB01")))
    head = relation == "户主"
    usual: dict[str, object] = {
        "村民组": group, "户编号": code, "姓名": name, "与户主关系": relation, "民族": "某族",
        "经度": round(lon, 7) if head else "", "纬度": round(lat, 7) if head else "", "走访 日期": day, "走访状态": state,
        "备注": "高德定位" if head else "",
    }  # fmt: skip
    return ["", *({**usual, **said}.get(name, "") for name in ("行政村", "村民组")), *(
        {**usual, **said}.get(name, "") for name in ("户编号", *_UNDER[4:])
    )]  # fmt: skip


def write_worst(path: Path) -> Path:
    """Write the workbook: title, two header rows, merged villages, persons, totals, a hidden row, and what is wrong."""
    persons = [
        _person("WB01", "一组", "王测一", "户主", "2019.3.5", "见面", 行政村="孟溪村", 人数="３"),
        _person("WB01", "一组", "王测一妻", "配偶", 人数="３"),
        _person("WB01", "一组", "王测一子", "之子", 人数="３"),
        _person("WB02", "1组", "王测二", "户主", "2019年3月5日", "已走访", 人数=1, 问题类别="饮水"),
        _person("WB03", "第1组", "王测三", "户主", 43529, "未见面", 人数=2),
        _person("WB03", "第1组", "王测三母", "之母", 人数=2),
        _person("WB04", "二组", "王测四", "户主", "20190305", "去了外头", 人数=1, **{"证件\n号码": 5.22e17}),
        _person("WB05", "2组", "王测五", "户主", "2019-3-5", "见面", 人数=1),
    ]
    subtotal = ["", "小计", "", "", "5户", *[""] * 10]
    more = [
        _person("WB06", "三组", "王测六", "户主", "2019/3/5", "见面", 人数=1, 行政村="孟溪村"),
        _person("WB07", "二三五组", "王测七", "户主", "2019-03-05", "见面", 人数=1),
        _person("WB08", "５组", "王测八", "户主", 人数=1),
        _person("WB06", "三组", "王测六", "户主", "2019/3/5", "见面", 人数=1, 行政村=""),
        _person("", "三组", "王测九", "户主", 人数=1),
    ]
    foot = [["", "合计", "", "", "8户", *[""] * 10], ["填表人：周测", *[""] * 14]]
    rows = [["和平乡农户走访台账（2019年）", *[""] * 14], _TOP, _UNDER, *persons, subtotal, *more, *foot]
    first, second = FIRST_ROW, FIRST_ROW + len(persons) + 1
    merges = [*_MERGES, f"B{first}:B{first + len(persons) - 1}", f"B{second}:B{second + len(more) - 1}"]
    hidden = [nth for nth, row in enumerate(rows) if len(row) > 3 and row[3] == HIDDEN]
    return odd_books.write_book(path, rows, merges=merges, hidden_rows=hidden)
