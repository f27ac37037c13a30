"""`units`: what became of units from one yearly list to another, for a file of codes or for the whole list."""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from geo.cli.session import open_session, print_json, print_table, tell, to_json
from geo.errors import Invalid
from geo.i18n import text
from geo.importer.apart import read_sheets
from geo.importer.succession import load_newer
from geo.schema import AREA_FIELDS, IMPORT_FIELDS
from geo.store.editions import check_drawn, choose_edition, list_editions, open_book
from geo.store.land import draw_ahead
from geo.succession import Succession, trim_code
from geo.validate import to_text

if TYPE_CHECKING:
    import argparse
    from collections.abc import Container, Iterable, Sequence
    from pathlib import Path

    from geo.editions import EditionBook, Fate
    from geo.importer.succession import EditionReport
    from geo.validate import Cell

_OPEN: Final = 4
_ANSWER: Final = ("successor_code", "successor_name", "how")
_MAP: Final = {one.key: one for one in AREA_FIELDS}
_TABLE: Final = {one.key: one for one in IMPORT_FIELDS}
_GROUP: Final = _TABLE["group"]
_CODES: Final = (_MAP["code"], _TABLE["village_code"])
_NAMES: Final = (_MAP["name"], _TABLE["village"])
_CODE_HEADERS: Final = tuple(name for one in _CODES for name in (one.header, *one.aliases))
_NAME_HEADERS: Final = tuple(name for one in _NAMES for name in (one.header, *one.aliases))


def run_units(options: argparse.Namespace) -> int:
    """Answer about yearly lists: which there are, what changed between two, or the successors of a file of codes."""
    drawn, parts = read_drawn(options.successors)
    book = open_book(options.list, drawn=drawn, parts=parts)
    if options.load is not None:
        return _load(book, options)
    if options.edition is None and options.to is None:
        return _list_editions(book, options)
    if options.edition is None or options.to is None:
        raise Invalid("units.needs_both")
    start, end = (choose_edition(day, book.days()) for day in (options.edition, options.to))
    check_drawn(book, end)
    _tell_useless(book, start, end)
    if options.codes is not None:
        return _answer_codes(Succession(book, start, end), options)
    return _report_changes(book, start, end, options)


def _load(book: EditionBook, options: argparse.Namespace) -> int:
    """Bring the database to a newer edition; exit code 4 while something has to be decided first."""
    to = choose_edition(options.load, book.days())
    names = [path.name for path in options.list]
    with open_session(options) as session:
        report = load_newer(
            session.db, session.scope, book=book, to=to, dry_run=options.dry_run, name=names[0] if names else ""
        )
        if not options.dry_run:
            draw_ahead(session.db, session.scope)
    if report.edition in book.days():
        _tell_useless(book, report.edition, to, known={one.code for one in report.changes})
    if _is_json(options):
        _hand_json(report.as_dict(), options)
    else:
        for line in _list_changes(report):
            print(line)
        print(report.message)
    return 0 if report.outcome == "accept" else _OPEN


def _tell_useless(book: EditionBook, start: str, end: str, *, known: Container[str] = ()) -> None:
    """Say which drawn successors do not count: the lists tell another one, or nobody knows the unit (nor `known`)."""
    for code, drawn, found in book.list_overruled(start, end):
        tell(text("units.overruled", code=code, drawn=drawn, found=found))
    listed = {code for edition in book.editions for code in edition.units}
    for code in [code for code in book.drawn if code not in listed and code not in known]:
        tell(text("units.nobody", code=code))


def _list_changes(report: EditionReport) -> Iterable[str]:
    for one in report.changes:
        successor = f"{one.successor_code} {one.successor_name}".strip()
        if not successor:
            names = text("list.comma").join(name for _, name in one.candidates)
            successor = text("units.may_be", names=names) if names else text("units.nothing")
        yield text(
            "units.line", how=text(f"units.how.{one.how}"), code=one.code, name=one.name, successor=successor,
            households=one.households, groups=one.groups,
        )  # fmt: skip
    for part in report.parts:
        yield text("units.part", **asdict(part))
    for code, name, new_name in report.reused:
        yield text("units.reused", code=code, name=name, new_name=new_name)


def read_drawn(path: Path | None) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
    """Return code → successor's code of a file with these columns (what `units --codes` writes, filled in by hand).

    Then (code, group's name) → code of rows that name a group of a village: that group goes there, the rest does not.
    """
    if path is None:
        return {}, {}
    header, rows = _read_table(path)
    code, successor = _column(header, _CODE_HEADERS), _column(header, ("successor_code",))
    if code is None or successor is None:
        raise Invalid("units.bad_successors", name=path.name)
    group = _column(header, ("group", _GROUP.header, *_GROUP.aliases))
    found: dict[tuple[str, str], str] = {}
    for row in rows:
        old, new, part = trim_code(_cell(row, code)), trim_code(_cell(row, successor)), _cell(row, group)
        if old and new and found.setdefault((old, part), new) != new:
            raise Invalid("units.two_successors", code=f"{old}{part}", one=found[old, part], other=new)
    whole = {old: new for (old, part), new in found.items() if not part}
    return whole, {(old, part): new for (old, part), new in found.items() if part and whole.get(old) != new}


def _read_table(path: Path) -> tuple[list[str], list[list[str]]]:
    if not path.is_file():
        raise Invalid("cli.no_file", path=path.name)
    sheet = read_sheets(path)[0]
    rows = [[to_text(cell).strip() for cell in row] for row in sheet.rows if any(_says(cell) for cell in row)]
    return rows[0], rows[1:]


def _says(cell: Cell) -> bool:
    return bool(to_text(cell).strip())


def _column(header: list[str], wanted: Iterable[str]) -> int | None:
    found = [header.index(name) for name in wanted if name in header]
    return found[0] if found else None


def _cell(row: Sequence[str], index: int | None) -> str:
    return row[index].strip() if index is not None and index < len(row) else ""


def _list_editions(book: EditionBook, options: argparse.Namespace) -> int:
    shipped = set(list_editions())
    rows = []
    for day in book.days():
        levels = Counter(unit.level for unit in book.edition(day).units.values())
        rows.append((day, levels["township"], levels["village"]))
    if options.json:
        keys = ("edition", "townships", "villages")
        print_json([{**dict(zip(keys, row, strict=True)), "shipped": row[0] in shipped} for row in rows])
    else:
        print_table([text(f"cli.head.{key}") for key in ("edition", "townships", "villages")], rows)
    return 0


def _answer_codes(succession: Succession, options: argparse.Namespace) -> int:
    """Write every row of the file with its successor behind it; a file without code and name columns is refused."""
    header, rows = _read_table(options.codes)
    code, name = _column(header, _CODE_HEADERS), _column(header, _NAME_HEADERS)
    if code is None and name is None:
        raise Invalid("units.bad_codes", name=options.codes.name)
    fates = [succession.find(_cell(row, code), _cell(row, name)) for row in rows]
    answers = [_answer(fate) for fate in fates]
    if _is_json(options):
        listed = [
            {"code": _cell(row, code), "name": _cell(row, name), **answer, "candidates": _candidates(fate)}
            for row, answer, fate in zip(rows, answers, fates, strict=True)
        ]
        _hand_json({"edition": succession.start, "to": succession.end, "rows": listed}, options)
    else:
        kept = [nth for nth, head in enumerate(header) if head not in _ANSWER]
        heads = ["code" if nth == code else "name" if nth == name else header[nth] for nth in kept]
        lines = [
            [*(_cell(row, nth) for nth in kept), *answer.values()] for row, answer in zip(rows, answers, strict=True)
        ]
        _hand_csv([*heads, *_ANSWER], lines, options)
    _tell_counts(answers)
    return 0


def _answer(fate: Fate) -> dict[str, str]:
    unit = fate.unit
    return dict(zip(_ANSWER, (unit.code, unit.name, fate.how) if unit else ("", "", "ask"), strict=True))


def _candidates(fate: Fate) -> list[dict[str, str]]:
    return [{"code": unit.code, "name": unit.name} for unit in fate.candidates]


def _report_changes(book: EditionBook, start: str, end: str, options: argparse.Namespace) -> int:
    """Write what became of every unit of a list, then the units that are new; `reused` are codes of another meaning."""
    before = book.edition(start).units
    fates = {code: book.follow(code, start, end) for code in sorted(before)}
    rows = [
        {"code": code, "name": before[code].name, **_answer(fate), "candidates": _candidates(fate)}
        for code, fate in fates.items()
    ]
    told = {fate.unit.code for fate in fates.values() if fate.unit}
    new = [unit for unit in book.new_units(start, end) if unit.code not in told]
    nobody = {"code": "", "name": "", "candidates": []}
    rows += [{**nobody, "successor_code": unit.code, "successor_name": unit.name, "how": "new"} for unit in new]
    reused = [
        {"code": code, "name": before[code].name, "new_name": book.edition(end).units[code].name}
        for code in book.reused_codes(start, end)
    ]
    counts = Counter(str(row["how"]) for row in rows)
    if _is_json(options):
        _hand_json({"edition": start, "to": end, "counts": counts, "rows": rows, "reused": reused}, options)
    else:
        columns = ("code", "name", *_ANSWER)
        _hand_csv(columns, [[str(row[key]) for key in columns] for row in rows], options)
        for one in reused:
            tell(text("units.reused", **one))
    _tell_counts(rows)
    return 0


def _is_json(options: argparse.Namespace) -> bool:
    return bool(options.json) or (options.out is not None and options.out.suffix.lower() == ".json")


def _hand_json(answer: dict[str, Any], options: argparse.Namespace) -> None:
    if options.out is None:
        print_json(answer)
    else:
        options.out.write_text(to_json(answer) + "\n", encoding="utf-8")


def _hand_csv(heads: Sequence[str], rows: Iterable[Sequence[str]], options: argparse.Namespace) -> None:
    """To a file with a byte order mark, as spreadsheets want it; to stdout without one."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([_plain(cell) for cell in row] for row in rows)
    if options.out is None:
        sys.stdout.write(written.getvalue())
    else:
        options.out.write_text(written.getvalue(), encoding="utf-8-sig", newline="")


def _plain(cell: str) -> str:
    """A text that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _tell_counts(rows: Sequence[dict[str, Any]]) -> None:
    counts = Counter(str(row["how"]) for row in rows)
    said = text("list.comma").join(text("units.count", how=text(f"units.how.{how}"), n=n) for how, n in counts.items())
    tell(text("units.summary", n=len(rows), said=said))
    if counts["ask"]:
        tell(text("units.ask", n=counts["ask"]))
