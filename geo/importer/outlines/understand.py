"""From the features of a layer to given outlines and centres of units: what is found, refused, asked, kept aside."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geo.importer.findings import FIELDS, Finding, Option, Question
from geo.importer.outlines.match import Match, Matcher
from geo.importer.outlines.settle import Settled, settle_shape
from geo.importer.outlines.systems import LEAST, SHARE, move
from geo.importer.outlines.texts import choose_fields, header_of, list_values, read_texts
from geo.importer.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

    from geo.crs import System
    from geo.importer.outlines.features import Feature, Layer
    from geo.store.area import Area
    from geo.units import Unit, UnitIndex

#: The field that findings about shapes speak of.
GEOMETRY: Final = "geometry"
JOIN: Final = "join"
#: Features between two steps that tell how far it is.
_AT_ONCE: Final = 100
_ASKED: Final = ("conflict", "ambiguous")
_REFUSED: Final = {"several": "R_UNKNOWN_VALUE", "no_group": "R_REQUIRED"}
#: A question which unit a feature is has its own words, and the key of every question about a unit.
_ANSWERED_AS: Final = {"area": "unit"}


@dataclass(frozen=True, slots=True)
class Given:
    """What a file gives for one unit (there, or a group to be made): outline, centre or both, WGS84 degrees."""

    match: Match
    outline: BaseGeometry | None
    centre: tuple[float, float] | None
    row: int


@dataclass(frozen=True, slots=True)
class Aside:
    """A feature whose unit nobody knows: its number, what it calls itself, its shape (WGS84 degrees), units like it."""

    row: int
    label: str
    shape: BaseGeometry | None
    nearest: tuple[str, ...] = ()


@dataclass(slots=True)
class Understood:
    """A layer as understood: what is given by unit, what is kept aside, and all that was found and asked.

    `computed` counts features that the file itself calls computed (示意): they give nothing.
    """

    rows_total: int
    given: dict[str, Given] = field(default_factory=dict)
    aside: list[Aside] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refusals: dict[int, Finding] = field(default_factory=dict)
    questions: dict[str, Question] = field(default_factory=dict)
    values: list[dict[str, object]] = field(default_factory=list)
    waiting: set[int] = field(default_factory=set)
    computed: int = 0

    @property
    def rows_ok(self) -> int:
        """Return how many features are neither refused nor waiting for an answer."""
        return self.rows_total - len(self.refusals) - len(self.waiting)

    @property
    def asks(self) -> bool:
        """Say whether a question keeps the file out."""
        return any(question.blocking for question in self.questions.values())

    def warn(self, code: str, row: int, value: str, *, about: str = GEOMETRY) -> None:
        """List something about a feature that stays."""
        self.findings.append(Finding(code, row, "", about, value))

    def refuse(self, code: str, row: int, value: str, *, about: str = GEOMETRY) -> None:
        """Keep a feature out; the first reason stays, and nothing else is said of it."""
        self.refusals.setdefault(row, Finding(code, row, "", about, value))

    def ask(self, question: Question) -> None:
        """Ask once; further features of the same question are counted."""
        known = self.questions.get(question.id)
        self.questions[question.id] = replace(known, rows=known.rows + 1) if known else question


def understand_layer(
    layer: Layer, system: System, index: UnitIndex, *, area: Area | None, answers: Mapping[str, str],
    home: Unit | None = None,
) -> Understood:  # fmt: skip
    """Return what the features of a layer give; nothing is stored and nothing is guessed. `home`: see `Matcher`."""
    fields, guessed = choose_fields(layer)
    matcher = Matcher(index, answers, home)
    found = Understood(len(layer.features))
    found.findings += [Finding(code) for code in layer.codes]
    found.findings += [Finding("W_HEADER_GUESSED", field=header_of(fields[name]), value=name) for name in guessed]
    found.findings += _list_unknown(layer, fields)
    reader = _Reader(found, matcher, system, area, dict(answers))
    for nth, feature in enumerate(layer.features):
        if nth % _AT_ONCE == 0:
            step("understand", nth, len(layer.features))
        texts, odd = read_texts(feature, fields)
        for code, field_, value in odd:
            found.warn(code, feature.row, value, about=header_of(field_))
        match = Match(reason="computed") if texts.is_computed else matcher.find(texts)
        found.values += list_values(feature.row, texts, fields.values(), understood=matcher.names(match))
        if texts.is_computed:
            found.computed += 1
        else:
            reader.take(feature, match, texts.label)
    step("understand", len(layer.features), len(layer.features))
    found.findings[:] = [one for one in found.findings if one.row not in found.refusals]
    return found


def prove_swap(layer: Layer, system: System, area: Area | None) -> bool:
    """Say whether the shapes show that the layer has latitudes first: read so, 80 % and at least five lie in the area.

    Shapes without a place in the system, and none at all, speak for nothing.
    """
    shapes = [move(one.shape, system) for one in layer.features if one.shape is not None]
    usable = [one for one in shapes if np.isfinite(shapely.get_coordinates(one)).all()]
    fits = sum("W_COORD_SWAPPED" in settle_shape(one, area, answers={}).codes for one in usable)
    return area is not None and fits >= max(LEAST, SHARE * len(usable))


def _list_unknown(layer: Layer, fields: Mapping[str, str]) -> list[Finding]:
    """Say once that nothing in the file names a unit; properties that say other things are nobody's concern."""
    if fields or not any(feature.texts for feature in layer.features):
        return []
    names = dict.fromkeys(name for feature in layer.features for name in feature.texts)
    return [Finding("W_UNKNOWN_COLUMNS", value=", ".join(list(names)[:20]))]


@dataclass(slots=True)
class _Reader:
    """Takes one feature after the other."""

    found: Understood
    matcher: Matcher
    system: System
    area: Area | None
    answers: dict[str, str]

    def take(self, feature: Feature, match: Match, label: str) -> None:
        """Settle the shape, then give it to its unit; the shape's own faults come first."""
        settled = self._settle(feature)
        if settled is None:
            return
        label = label or f"#{feature.row}"
        if match.reason in _ASKED:
            self._ask_unit(match, label, feature.row)
        elif match.reason in _REFUSED:
            self.found.refuse(_REFUSED[match.reason], feature.row, label, about=FIELDS["group"].header)
        elif not match.key:
            self._keep_aside(feature, settled, match, label)
        else:
            self._give(feature.row, match, settled)

    def _settle(self, feature: Feature) -> Settled | None:
        if feature.shape is None:
            self.found.refuse(feature.problem, feature.row, "")
            return None
        shape = move(feature.shape, self.system)
        if not np.isfinite(shapely.get_coordinates(shape)).all():
            self.found.warn("W_COORD_RANGE", feature.row, _say(feature.shape))
            return Settled()
        settled = settle_shape(shape, self.area, answers=self.answers)
        if settled.problem:
            self.found.refuse(settled.problem, feature.row, _say(feature.shape))
            return None
        for code in settled.codes:
            self.found.warn(code, feature.row, _say(feature.shape))
            self._offer(code, feature.row)
        return settled

    def _offer(self, code: str, row: int) -> None:
        """Offer the repair of swapped or far coordinates, as for tables; what is not answered is left empty."""
        repair = {"W_COORD_SWAPPED": ("swapped", "swap"), "W_COORD_OUT_OF_AREA": ("outside", "keep")}.get(code)
        if repair is not None:
            self._ask("points", repair[0], code, row, (Option(repair[1], repair[1]), Option("skip", "skip")), "skip")

    def _ask(
        self, kind: str, value: str, code: str, row: int, options: tuple[Option, ...], suggestion: str = "", *,
        blocking: bool = False, about: str = GEOMETRY,
    ) -> None:  # fmt: skip
        name = f"{_ANSWERED_AS.get(kind, kind)}:{value}"
        self.found.ask(Question(name, kind, code, about, value, f"#{row}", 1, blocking, options, suggestion))

    def _ask_unit(self, match: Match, label: str, row: int) -> None:
        self.found.waiting.add(row)
        self._ask(
            "area", label, "R_UNKNOWN_VALUE", row, self.matcher.options(match), blocking=True,
            about=FIELDS["village"].header,
        )  # fmt: skip

    def _keep_aside(self, feature: Feature, settled: Settled, match: Match, label: str) -> None:
        whole = None if feature.shape is None else move(feature.shape, self.system)
        is_sound = whole is not None and np.isfinite(shapely.get_coordinates(whole)).all()
        nearest = tuple(map(self.matcher.label, match.candidates))
        self.found.aside.append(Aside(feature.row, label, settled.outline or (whole if is_sound else None), nearest))
        self.found.warn("W_AREA_UNMATCHED", feature.row, label, about=FIELDS["village"].header)
        if match.candidates:
            about = FIELDS["village"].header
            self._ask("area", label, "W_AREA_UNMATCHED", feature.row, self.matcher.options(match), about=about)

    def _give(self, row: int, match: Match, settled: Settled) -> None:
        """Give a unit its outline or centre; a second outline of one unit is the same, a part of it, or a conflict."""
        known = self.found.given.get(match.key)
        if known is None:
            self.found.given[match.key] = Given(match, settled.outline, settled.centre, row)
            return
        if settled.outline is None and settled.centre is None:
            return
        outline, centre = known.outline or settled.outline, known.centre or settled.centre
        if _differ(known, settled):
            joined = self._join(known, settled, row)
            if joined is None:
                return
            outline = joined
        elif (outline, centre) == (known.outline, known.centre):
            self.found.refuse("R_DUP_ROW", row, "")
            return
        self.found.given[match.key] = replace(known, outline=outline, centre=centre)

    def _join(self, known: Given, settled: Settled, row: int) -> BaseGeometry | None:
        """Return both outlines as one where the user says they are parts; else refuse the later one and offer that."""
        apart = known.outline is not None and settled.outline is not None
        if apart and not shapely.relate_pattern(known.outline, settled.outline, "2********"):
            if self.answers.get("parts:outline") == JOIN:
                return shapely.union(known.outline, settled.outline)
            options = (Option(JOIN, JOIN), Option("skip", "skip"))
            self._ask("parts", "outline", "R_DUP_KEY_CONFLICT", row, options, "skip")
        self.found.refuse("R_DUP_KEY_CONFLICT", row, "")
        return None


def _differ(known: Given, settled: Settled) -> bool:
    """Say whether two features of one unit give two outlines, or two centres, that are not the same."""
    if known.outline is not None and settled.outline is not None and not known.outline.equals(settled.outline):
        return True
    return known.centre is not None and settled.centre is not None and known.centre != settled.centre


def _say(shape: BaseGeometry) -> str:
    """Return where a shape begins, in the file's own numbers."""
    x, y = shapely.get_coordinates(shape)[0]
    return f"{x:.10g}, {y:.10g}"
