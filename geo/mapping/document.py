"""Reading a mapping file: YAML as written, every value with its line; nothing is turned into dates or yes and no.

`No: not_home` stays the word No, and `2012-01-01` the text a day is read from. The safe loader composes the nodes; an
alias, a tag or a key written twice is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import yaml

from geo.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_BYTES: Final = 1 << 20
_DEEPEST: Final = 12
_TAG: Final = "tag:yaml.org,2002:"
#: What plain YAML without tags resolves to.
_PLAIN: Final = frozenset(_TAG + kind for kind in ("map", "seq", "str", "int", "float", "bool", "null", "timestamp"))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong in a mapping file: the line, where in the mapping, and the sentence's key and values."""

    line: int
    path: str
    key: str
    params: dict[str, Any] = field(default_factory=dict)


class MappingInvalid(Invalid):
    """A mapping file that cannot be used, with everything that is wrong in it."""

    def __init__(self, name: str, problems: list[Problem]) -> None:
        """Keep the problems, first line first."""
        self.problems = sorted(problems, key=lambda one: one.line)
        super().__init__("mapping.invalid", name=name, n=len(problems))


@dataclass(frozen=True, slots=True)
class Node:
    """One value of the file: `kind` is text, list or table; an empty or null scalar is the text ''.

    `line` is that of its key, where it has one.
    """

    line: int
    path: str
    kind: str
    text: str = ""
    items: tuple[Node, ...] = ()
    entries: dict[str, Node] = field(default_factory=dict)


def parse_document(text: str, *, name: str) -> Node:
    """Return the root table of a mapping file. Raises `MappingInvalid` when the text is no table of plain YAML."""
    if len(text) > MOST_BYTES:
        raise MappingInvalid(name, [Problem(1, "", "mapping.too_large")])
    try:
        if _has_alias(text):
            raise MappingInvalid(name, [Problem(_alias_line(text), "", "mapping.alias")])
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 1
        detail = getattr(error, "problem", None) or "YAML"
        raise MappingInvalid(name, [Problem(line, "", "mapping.yaml", {"detail": detail})]) from error
    except RecursionError as error:
        raise MappingInvalid(name, [Problem(1, "", "mapping.too_large")]) from error
    problems: list[Problem] = []
    if not isinstance(root, yaml.MappingNode):
        raise MappingInvalid(name, [Problem(1, "", "mapping.no_table")])
    read = _read_node(root, "", problems, 0)
    if problems:
        raise MappingInvalid(name, problems)
    return read


def _aliases(text: str) -> Iterator[int]:
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.AliasToken | yaml.AnchorToken):
            yield token.start_mark.line + 1


def _has_alias(text: str) -> bool:
    return next(_aliases(text), 0) > 0


def _alias_line(text: str) -> int:
    return next(_aliases(text))


def _read_node(node: yaml.Node, path: str, problems: list[Problem], depth: int, line: int = 0) -> Node:
    line = line or node.start_mark.line + 1
    if depth > _DEEPEST or node.tag not in _PLAIN:
        problems.append(Problem(line, path, "mapping.tag", {"tag": node.tag}))
        return Node(line, path, "text")
    if isinstance(node, yaml.SequenceNode):
        items = [_read_node(one, f"{path}[{nth}]", problems, depth + 1) for nth, one in enumerate(node.value, start=1)]
        return Node(line, path, "list", items=tuple(items))
    if isinstance(node, yaml.MappingNode):
        return Node(line, path, "table", entries=_read_entries(node, path, problems, depth))
    is_null = node.tag == f"{_TAG}null"
    return Node(line, path, "text", text="" if is_null else str(node.value))


def _read_entries(node: yaml.MappingNode, path: str, problems: list[Problem], depth: int) -> dict[str, Node]:
    entries: dict[str, Node] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            problems.append(Problem(key.start_mark.line + 1, path, "mapping.no_key"))
            continue
        name = str(key.value)
        if name in entries:
            problems.append(Problem(key.start_mark.line + 1, path, "mapping.twice", {"name": name}))
            continue
        below = f"{path}.{name}" if path else name
        entries[name] = _read_node(value, below, problems, depth + 1, key.start_mark.line + 1)
    return entries
