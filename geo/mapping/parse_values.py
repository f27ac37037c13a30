"""From the nodes of a mapping file to values and conditions, checked against the field they fill."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Final

from geo.mapping.spec import Condition, Grid, Value
from geo.schema.words import load_words
from geo.store.categories import is_category_code
from geo.validate import parse_code

if TYPE_CHECKING:
    from geo.mapping.checker import Checker
    from geo.mapping.document import Node
    from geo.schema.mapped import MappedField

_SOURCES: Final = ("column", "value", "text", "first_of", "cell")
_STEPS: Final = ("match", "case", "pad", "map", "otherwise", "default", "when", "format", "add_days", "optional")
VALUE_KEYS: Final = (*_SOURCES, *_STEPS)
_TESTS: Final = ("is", "not", "starts", "ends", "contains")
CONDITION_KEYS: Final = ("column", *_TESTS, "matches", "empty", "from", "to")
_GRID_KEYS: Final = ("lon", "lat", "crs", "grid_crs", "size_m")
_HOLE: Final = re.compile(r"\{([^{}]+)\}")
#: Kinds of fields whose words can be checked before any file is read.
_CHECKED: Final = ("word", "flag", "words", "day", "degrees", "key")


def parse_value(checker: Checker, node: Node, field: MappedField | None) -> Value:
    """Return where a field comes from; a plain text is the name of a column, a list names one that has several."""
    if node.kind != "table":
        return Value(node.line, node.path, "column", columns=checker.texts(node))
    entries = checker.table(node, VALUE_KEYS)
    sources = [name for name in _SOURCES if name in entries]
    if node.kind == "table" and len(sources) != 1:
        checker.tell(node, "one_source", sources=", ".join(_SOURCES))
    if len(sources) != 1:
        return Value(node.line, node.path, "value")
    text, columns, grid = _parse_source(checker, entries, sources[0], field)
    if "otherwise" in entries and "map" not in entries:
        checker.tell(entries["otherwise"], "otherwise_alone")
    if field is not None and field.kind != "day":
        for name in ("format", "add_days"):
            if name in entries:
                checker.tell(entries[name], "only_days", name=name)
    return Value(
        node.line, node.path, sources[0], text, columns, grid,
        pattern=checker.pattern(entries["match"]) if "match" in entries else None,
        case=checker.word(entries["case"], ("upper", "lower")) if "case" in entries else "",
        pad=checker.whole(entries["pad"]) if "pad" in entries else 0,
        words=_parse_words(checker, entries["map"], field) if "map" in entries else None,
        otherwise=_parse_constant(checker, entries["otherwise"], field) if "otherwise" in entries else None,
        default=_parse_constant(checker, entries["default"], field) if "default" in entries else "",
        when=parse_conditions(checker, entries["when"]) if "when" in entries else (),
        formats=checker.texts(entries["format"]) if "format" in entries else (),
        add_days=checker.whole(entries["add_days"], least=-36_500) if "add_days" in entries else 0,
        optional=checker.flag(entries["optional"]) if "optional" in entries else False,
    )  # fmt: skip


def _parse_source(
    checker: Checker, entries: dict[str, Node], source: str, field: MappedField | None
) -> tuple[str, tuple[str, ...], Grid | None]:
    node = entries[source]
    if source in ("column", "first_of"):
        return "", checker.texts(node), None
    if source == "value":
        return _parse_constant(checker, node, field), (), None
    if source == "cell":
        grid = _parse_grid(checker, node)
        return "", (grid.lon, grid.lat) if grid else (), grid
    text = checker.text(node)
    holes = tuple(_HOLE.findall(text))
    if not holes:
        checker.tell(node, "no_hole", value=text)
    return text, holes, None


def _parse_grid(checker: Checker, node: Node) -> Grid | None:
    entries = checker.table(node, _GRID_KEYS, ("lon", "lat", "grid_crs", "size_m"))
    if not {"lon", "lat", "grid_crs", "size_m"} <= set(entries):
        return None
    return Grid(
        checker.text(entries["lon"]), checker.text(entries["lat"]),
        checker.crs(entries["crs"]) if "crs" in entries else "wgs84",
        checker.crs(entries["grid_crs"], metric=True), checker.number(entries["size_m"]),
    )  # fmt: skip


def _parse_words(checker: Checker, node: Node, field: MappedField | None) -> dict[str, str]:
    if node.kind != "table" or not node.entries:
        checker.tell(node, "want_map")
        return {}
    return {word.strip(): _parse_constant(checker, meaning, field) for word, meaning in node.entries.items()}


def _parse_constant(checker: Checker, node: Node, field: MappedField | None) -> str:
    """Return a constant, checked against its field: an empty one says nothing."""
    said = checker.text(node, empty=True).strip()
    if not said or field is None or field.kind not in _CHECKED:
        return said
    if field.kind in ("word", "flag") and said not in field.allowed and not _may_mean(field, said):
        checker.tell_word(node, said, field.allowed)
    elif field.kind == "words":
        for one in said.split(","):
            if one.strip() not in field.allowed:
                checker.tell_word(node, one.strip(), field.allowed)
    elif not _reads(said, field):
        key = {"day": "bad_day", "key": "bad_code"}.get(field.kind, "not_number")
        checker.tell(node, key, value=said)
    return said


def _may_mean(field: MappedField, said: str) -> bool:
    """Say whether a word beside the closed list may be meant: an outcome by phone, a category that a database added."""
    if field.key in ("category", "issue"):
        return is_category_code(said)
    mode, _, outcome = said.rpartition(":")
    return field.key == "outcome" and mode in ("phone", "video") and outcome in field.allowed


def _reads(said: str, field: MappedField) -> bool:
    try:
        if field.kind == "day":
            date.fromisoformat(said)
        elif field.kind == "degrees":
            float(said)
    except ValueError:
        return False
    return field.kind != "key" or bool(parse_code(said, longest=field.longest)[0]) or said in load_words().blank


def parse_conditions(checker: Checker, node: Node) -> tuple[Condition, ...]:
    """Return one test or a list of tests, all of which must hold."""
    items = node.items if node.kind == "list" else (node,)
    found = [_parse_condition(checker, one) for one in items]
    return tuple(one for one in found if one is not None)


def _parse_condition(checker: Checker, node: Node) -> Condition | None:
    entries = checker.table(node, CONDITION_KEYS, ("column",))
    if "column" not in entries:
        return None
    tests: list[str] = [name for name in (*_TESTS, "matches", "empty") if name in entries]
    if "from" in entries or "to" in entries:
        tests.append("between")
    if len(tests) != 1:
        checker.tell(node, "one_test", tests=", ".join(CONDITION_KEYS[1:]))
        return None
    column, test = checker.text(entries["column"]), tests[0]
    if test == "between":
        low, high = (_parse_bound(checker, entries.get(name)) for name in ("from", "to"))
        if low and high and _is_day(low) != _is_day(high):
            checker.tell(node, "two_kinds")
        return Condition(node.line, node.path, column, test, low=low, high=high)
    if test == "matches":
        return Condition(node.line, node.path, column, test, pattern=checker.pattern(entries[test]))
    if test == "empty":
        return Condition(node.line, node.path, column, test, ("" if checker.flag(entries[test]) else "filled",))
    return Condition(node.line, node.path, column, test, tuple(one.strip() for one in checker.texts(entries[test])))


def _is_day(bound: str) -> bool:
    return re.fullmatch(r"\d{4}-\d\d-\d\d", bound) is not None


def _parse_bound(checker: Checker, node: Node | None) -> str:
    """Return a bound of a test: a day or a number."""
    if node is None:
        return ""
    said = checker.text(node)
    try:
        date.fromisoformat(said) if _is_day(said) else float(said)
    except ValueError:
        checker.tell(node, "bad_bound", value=said)
    return said
