"""Which village and group each row belongs to: by name and by code; on a conflict or an unknown name, ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geo.groupcells import NONE, doubt_group, is_numbered, list_group_parts, read_group, read_path
from geo.importer.findings import Option
from geo.importer.meanings import SKIP
from geo.units import VILLAGE_DIGITS, parse_group
from geo.validate import to_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geo.importer.findings import Ledger
    from geo.importer.unitsource import UnitSource
    from geo.units import GroupName, Unit, UnitIndex, UnitMatch
    from geo.validate import Cell


@dataclass(frozen=True, slots=True)
class UnitCells:
    """The cells that speak of units, one list a field; `named` says whether the file has a village column at all."""

    district: Sequence[Cell]
    township: Sequence[Cell]
    village: Sequence[Cell]
    village_code: Sequence[Cell]
    named: bool


class Locator:
    """Finds the village and the group of every row."""

    def __init__(
        self, ledger: Ledger, index: UnitIndex, answers: Mapping[str, str],
        known: Callable[[set[tuple[str, str]]], set[tuple[str, str]]], source_of: Callable[[int], UnitSource],
    ) -> None:  # fmt: skip
        """Keep the units, what was answered, how to ask which households are registered, what a row's sheet names."""
        self._ledger = ledger
        self._index = index
        self._answers = answers
        self._known = known
        self._source_of = source_of
        #: Where the villages of the rows came from (`unitsource.UNIT_SOURCES`).
        self.sources: set[str] = set()
        self._fitting: dict[tuple[str, tuple[str, ...]], bool] = {}
        self._doubts: dict[tuple[str, str], str] = {}
        #: Rows that say that they are in no group.
        self._ungrouped: set[int] = set()
        #: Rows whose group is asked about.
        self.waiting: set[int] = set()
        #: Rows that name a unit of an earlier list: that unit; `villages` gives its successor.
        self.earlier: dict[int, Unit] = {}
        #: Rows whose group went elsewhere than the rest of its village: the village it is in today.
        self.elsewhere: dict[int, Unit] = {}

    def villages(self, cells: UnitCells, codes: Sequence[str]) -> list[Unit | None]:
        """Return the village of every row; rows without one are refused or asked about.

        A district-wide code that speaks of another village is asked about, unless the household is registered
        somewhere (then it is a proposed move, or one that was carried out).
        """
        memo: dict[tuple[Cell, ...], tuple[tuple[str, ...], UnitMatch | None, str]] = {}
        found: list[Unit | None] = []
        columns = zip(cells.district, cells.township, cells.village, cells.village_code, strict=True)
        for nth, row in enumerate(columns):
            if row not in memo:
                memo[row] = self._match(row, named=cells.named)
            texts, match, said = memo[row]
            if match is None:
                found.append(self._unnamed(nth, codes[nth], texts))
                continue
            coded = self._index.coded(codes[nth]) if match.reason == "blank" else None
            self.sources.add("code" if coded and coded.unit else "column")
            found.append(self._take(nth, match) or self._take(nth, coded) or self._asked(nth, match, said))
        return self._check_codes(found, codes)

    def _take(self, nth: int, match: UnitMatch | None) -> Unit | None:
        """Return the village of a match, and keep in mind the closed one that a row means."""
        if match is not None and match.earlier is not None:
            self.earlier[nth] = match.earlier
        return None if match is None else match.unit

    def _match(self, row: tuple[Cell, ...], *, named: bool) -> tuple[tuple[str, ...], UnitMatch | None, str]:
        """Return the texts of a row's cells, what they mean (where the file names villages), and what is asked with."""
        texts = tuple(map(to_text, row))
        if not named:
            return texts, None, ""
        district, township, village, code = texts
        match = self._index.match_village(village, township=township, district=district, code=code)
        return texts, match, "/".join(text for text in texts[1:] if text.strip())

    def _answered(self, answer: str) -> Unit | None:
        return self._index.by_id.get(answer) or self._index.by_code.get(answer)

    def _unnamed(self, nth: int, code: str, texts: tuple[str, ...]) -> Unit | None:
        """A file without a village column: the household's code, the file itself, or one answer for it tells."""
        unit = self._take(nth, self._index.coded(code))
        if unit is not None:
            self.sources.add("code")
            return unit
        source = self._source_of(nth)
        unit = self._answered(self._answers.get(f"unit:{source.asked}" if source.asked else "unit", ""))
        if unit is not None:
            self.sources.add("answer")
            return unit
        unit = source.unit
        if unit is not None and source.rival is None and self._fits(unit, texts):
            self.sources.add(source.source)
            if source.earlier is not None:
                self.earlier[nth] = source.earlier
            return unit
        offered = [one for one in (unit, source.rival) if one is not None]
        self._ledger.ask("unit", nth, "village", source.asked, options=self.offer(offered or self._all_villages()))
        return None

    def _fits(self, unit: Unit, texts: tuple[str, ...]) -> bool:
        """Say whether the township and district that a row names are those of the village the file names."""
        if (unit.id, texts) not in self._fitting:
            district, township, _, _ = texts
            match = self._index.match_village(unit.name, township=township, district=district)
            self._fitting[unit.id, texts] = match.unit == unit or (not township.strip() and not district.strip())
        return self._fitting[unit.id, texts]

    def _asked(self, nth: int, match: UnitMatch, text: str) -> Unit | None:
        if match.reason == "blank":
            self._ledger.refuse("R_REQUIRED", nth, "village", "")
            return None
        answer = self._answers.get(f"unit:{text}", "")
        if answer == SKIP:
            self._ledger.refuse("R_UNKNOWN_VALUE", nth, "village", text)
            return None
        unit = self._answered(answer)
        if unit is None:
            self._ledger.ask("unit", nth, "village", text, options=self.offer(match.candidates))
        return unit

    def offer(self, units: Sequence[Unit]) -> tuple[Option, ...]:
        """Return units as the answers of a question, and the one that leaves the rows out."""
        return (*(Option(unit.id, self._label(unit)) for unit in units), Option(SKIP, SKIP))

    def _label(self, unit: Unit) -> str:
        above = self._index.by_id.get(unit.parent or "")
        return f"{above.name} {unit.name}" if above else unit.name

    def _all_villages(self) -> list[Unit]:
        return [unit for unit in self._index.by_id.values() if unit.level == "village"]

    def _check_codes(self, found: list[Unit | None], codes: Sequence[str]) -> list[Unit | None]:
        differing: dict[int, Unit] = {}
        for nth, unit in enumerate(found):
            if unit is not None and len(unit.code) == VILLAGE_DIGITS and codes[nth].startswith(unit.code):
                continue
            coded = self._index.coded(codes[nth]).unit if unit is not None else None
            old = self.earlier.get(nth)
            was = old is not None and codes[nth].startswith(old.code)
            if unit is not None and coded is not None and coded.id != unit.id and not was:
                differing[nth] = coded
        if not differing:
            return found
        pairs = {(unit.id, codes[nth]) for nth, unit in differing.items()}
        registered = {code for _, code in self._known(pairs)}
        for nth, coded in differing.items():
            named = found[nth]
            if named is not None and codes[nth] not in registered:
                found[nth] = self._asked_code(nth, named, coded)
        return found

    def _asked_code(self, nth: int, named: Unit, coded: Unit) -> Unit | None:
        text = f"{named.name}/{coded.code}"
        answer = self._answers.get(f"unit:{text}", "")
        if answer == SKIP:
            self._ledger.refuse("R_UNKNOWN_VALUE", nth, "village", text)
            return None
        unit = self._answered(answer)
        if unit is None:
            self._ledger.ask("unit", nth, "village", text, options=self.offer((named, coded)))
        return unit

    def groups(
        self, cells: Sequence[Cell], villages: Sequence[Unit | None], codes: Sequence[str]
    ) -> list[GroupName | None]:
        """Return the group of every row: None in a village without groups, or where a known household keeps its own."""
        named = [
            self._read_group(nth, to_text(cell), village)
            for nth, (cell, village) in enumerate(zip(cells, villages, strict=True))
        ]
        grouped = {village.id for village, group in zip(villages, named, strict=True) if village and group}
        grouped |= {village.id for village in villages if village and self._index.groups.get(village.id)}
        bare = [
            n
            for n, village in enumerate(villages)
            if village and village.id in grouped and named[n] is None and n not in self._ungrouped
        ]
        pairs = {n: (village.id, codes[n]) for n in bare if (village := villages[n]) is not None}
        blank = {pair for n, pair in pairs.items() if not to_text(cells[n]).strip()}
        keeps = self._known(blank) if blank else set()
        for nth, pair in pairs.items():
            if pair not in keeps:
                self._ledger.refuse("R_REQUIRED", nth, "group", to_text(cells[nth]))
        for nth, group in enumerate(named):
            village = villages[nth]
            if group is not None and group.several and village is not None:
                named[nth] = self._several(nth, village, to_text(cells[nth]))
        return named

    def _read_group(self, nth: int, text: str, village: Unit | None) -> GroupName | None:
        """Return the group a cell names; of a closed village's the name it goes on under."""
        old = self.earlier.get(nth)
        group = parse_group(text) if village is None else read_group(text, old or village)
        if group is None or village is None:
            return group
        if not is_numbered(group) and self._index.group(village, group, earlier=old) is None:
            group = self._doubted(nth, text, group, old or village)
        if group is None or group.several or self._index.earlier is None:
            return group
        heir = self._index.group(village, group, earlier=old)
        if heir is None or (old is None and heir.parent == village.id):
            return group
        if heir.parent != village.id:
            # The village was split: this group lives on in another one than the rest.
            self.earlier.setdefault(nth, village)
            self.elsewhere[nth] = self._index.by_id[heir.parent or ""]
        return parse_group(heir.name)

    def _doubted(self, nth: int, text: str, group: GroupName, village: Unit) -> GroupName | None:
        """Return the group of a cell that numbers none, or None where it says none; one that is asked is `several`."""
        path = read_path(text, village, self._index)
        if path is not None:
            return path
        if (text, village.id) not in self._doubts:
            self._doubts[text, village.id] = doubt_group(text, village, self._index)
        doubt = self._doubts[text, village.id]
        if doubt == NONE:
            self._ungrouped.add(nth)
            return None
        return replace(group, several=True) if doubt else group

    def _several(self, nth: int, village: Unit, text: str) -> GroupName | None:
        """Several groups in one cell (二三组), or none of the village: which one is asked; until then the row waits."""
        value = f"{village.name}/{text}"
        answer = self._answers.get(f"group:{value}", "")
        if answer == SKIP:
            self._ledger.refuse("R_UNKNOWN_VALUE", nth, "group", text)
            return None
        if answer == village.name:
            return None
        group = parse_group(answer)
        if group is None or group.several:
            known = [unit.name for unit in self._index.groups.get(village.id, {}).values()]
            said = parse_group(text)
            parts = list_group_parts(text) if said is None or said.several else [village.name, said.name]
            names = tuple(dict.fromkeys((*parts, *known)))
            options = (*(Option(name, name) for name in names), Option(SKIP, SKIP))
            self._ledger.ask("group", nth, "group", value, options=options)
            self.waiting.add(nth)
            return None
        return group
