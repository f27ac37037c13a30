"""A realistic 走访台账 of any size as a workbook: every village of 2019, some cells wrong; nobody is meant."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import shapely
import xlsxwriter

from benchmarks.world import SEED, TODAY
from geo import config
from geo.units import name_group

EDITION = "2019-10-31"
HEADER = (
    "乡镇", "村", "村民组", "户编号", "户主", "身份证号", "人口", "电话", "户类型", "经度", "纬度", "走访日期",
    "走访状态", "问题类别", "备注",
)  # fmt: skip
ROUND = ("第四轮", date(2019, 10, 8), date(2019, 12, 10))
_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗田冉龙石向滕代侯饶瞿"
_GIVEN = "明华国建文光德成秀英芳兰珍玉桂春云海江山平安福贵财有发祥正先"
_CLASSES = ("一般户", "脱贫户", "脱贫不稳定户", "边缘易致贫户", "突发严重困难户")
_OUTCOMES = ("见面", "未见面", "举家外出", "未走访")
_ISSUES = ("道路", "饮水", "住房", "医疗", "教育", "收入", "用电", "通信")
_NOTES = (
    "老人独居，需常来", "在浙江务工，过年回", "反映路面积水", "已讲解医保政策", "子女在外，邻居代答", "门锁，下次再来",
)  # fmt: skip
_GROUPS = 20
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def write_register(path: Path, rows: int) -> Path:
    """Write the workbook: one row a household, shared strings and date cells as Excel writes them."""
    workbook = xlsxwriter.Workbook(path)
    sheet = workbook.add_worksheet("走访台账")
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, HEADER)
    for number, row in enumerate(make_rows(rows), start=1):
        for column, cell in enumerate(row):
            if isinstance(cell, date):
                sheet.write_datetime(number, column, cell, day)
            elif cell is not None:
                sheet.write(number, column, cell)
    workbook.close()
    return path


def make_rows(rows: int) -> Iterator[list[Any]]:
    """Yield rows as cells; bad are 1 % of the ID numbers, 0.5 % of phones, 1.2 % of points and 0.3 % of days."""
    random = np.random.default_rng(SEED)
    villages = _villages()
    per_village = -(-rows // len(villages))
    points = _points(random, rows)
    draws = {name: random.random(rows).tolist() for name in ("class", "visit", "issue", "note", "id", "phone", "day")}
    born = random.integers(0, 25_000, rows).tolist()
    days = random.integers(0, (TODAY - ROUND[1]).days + 1, rows).tolist()
    words = random.integers(0, 1 << 30, rows).tolist()
    for n in range(rows):
        township, village, code = villages[n // per_village]
        nth, word = n % per_village, words[n]
        outcome = _OUTCOMES[int(np.searchsorted((0.70, 0.82, 0.92), draws["visit"][n], side="right"))]
        visited = outcome != "未走访"
        yield [
            township, village, name_group(nth * _GROUPS // per_village + 1), f"{code}{nth + 1:04d}", _name(word),
            _id_number(born[n], n, wrong=draws["id"][n] < 0.01), 1 + word % 7,
            "13800" if draws["phone"][n] < 0.005 else f"199{word % 10**8:08d}",
            _CLASSES[int(np.searchsorted((0.8, 0.95, 0.97, 0.985), draws["class"][n], side="right"))], *points[n],
            _day(ROUND[1] + timedelta(days=days[n]), wrong=draws["day"][n] < 0.003) if visited else None, outcome,
            _ISSUES[word % len(_ISSUES)] if draws["issue"][n] < 0.08 else "无",
            _NOTES[word % len(_NOTES)] if draws["note"][n] < 0.1 else None,
        ]  # fmt: skip


def _day(day: date, *, wrong: bool) -> date | str:
    return "2019-13-05" if wrong else day


def _villages() -> list[tuple[str, str, str]]:
    """Return (township, village, code) of every village and community."""
    with (config.DATA_DIR / "admin" / f"units_{EDITION}.csv").open(encoding="utf-8", newline="") as file:
        units = list(csv.DictReader(file))
    names = {unit["code"]: unit["name"] for unit in units}
    return [(names[unit["parent"]], unit["name"], unit["code"]) for unit in units if unit["level"] == "village"]


def _points(random: np.random.Generator, rows: int) -> list[tuple[float | None, float | None]]:
    """Draw points in the district; a hundredth is missing, two in a thousand are swapped."""
    text = (config.DATA_DIR / "demo" / "bijiang_outline.geojson").read_text(encoding="utf-8")
    outline = shapely.union_all([shapely.from_geojson(text)]).buffer(0)
    west, south, east, north = outline.bounds
    lon, lat = random.uniform(west, east, rows * 3), random.uniform(south, north, rows * 3)
    inside = shapely.contains_xy(outline, lon, lat)
    lon, lat = lon[inside][:rows].round(6).tolist(), lat[inside][:rows].round(6).tolist()
    luck = random.random(rows).tolist()
    return [
        (None, None) if one < 0.01 else (y, x) if one < 0.012 else (x, y)
        for x, y, one in zip(lon, lat, luck, strict=True)
    ]  # fmt: skip


def _name(word: int) -> str:
    first = _GIVEN[word // 37 % len(_GIVEN)]
    second = _GIVEN[word // 1511 % len(_GIVEN)] if word % 3 else ""
    return _SURNAMES[word % len(_SURNAMES)] + first + second


def _id_number(born: int, number: int, *, wrong: bool) -> str:
    """Return an ID number whose check character holds, or not; the serial keeps them apart."""
    day = date(1930, 1, 1) + timedelta(days=(born + number * 13) % 25_000)
    digits = f"5222{number // 1000 % 100:02d}{day:%Y%m%d}{number % 1000:03d}"
    check = "10X98765432"[(sum(int(d) * w for d, w in zip(digits, _WEIGHTS, strict=True)) + wrong) % 11]
    return digits + check
