"""What an import will change, said before: counts, and what the file suggests that nobody has decided."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import streamlit as st

from geo import config
from geo.coverage import Share
from geo.i18n import text
from geo.importer.outlines.plan import OUTLINE
from geo.importer.proposals import APPLICABLE
from geo.importer.saying import say_changes

if TYPE_CHECKING:
    from geo.importer.proposals import Proposal
    from geo.importer.report import ImportReport
    from geo.ui.import_journey import Journey

_SHOWN: Final = 200


def show_changes(reports: list[ImportReport]) -> None:
    """Draw what will be different afterwards."""
    st.markdown(f"**{text('import_page.changes')}**")
    told = say_changes(reports)
    for line in told or [text("import_page.change.none")]:
        st.text(line)
    covered = next((report.coverage for report in reports if report.coverage), None)
    if covered is not None and len(reports) == 1:
        before, after = (Share("kpi.coverage", *one) for one in covered)
        st.text(
            text(
                "import_page.coverage", a=before.percent, b=after.percent, n=before.numerator, N=before.denominator,
                n2=after.numerator, N2=after.denominator,
            )
        )  # fmt: skip
    outside = sum(len(report.outside) for report in reports)
    if outside:
        st.caption(text("import_page.outside_how", n=outside))


def show_proposals(journey: Journey, reports: list[ImportReport]) -> None:
    """Draw what the file suggests: each kind can be taken or left as a whole, or row by row."""
    proposals = [one for report in reports for one in report.proposals]
    kinds = Counter(one.kind for one in proposals)
    applied = {one for one in journey.applied if ":" not in one}
    if not any(report.round for report in reports):
        # Who counts is a matter of a round: without one these are only listed.
        waiting = kinds.pop("missing", 0) + kinds.pop("addition", 0)
        if waiting:
            st.caption(text("import_page.take.no_round", n=waiting))
    for kind in (*APPLICABLE, OUTLINE):
        if kinds[kind] and st.checkbox(
            text(f"import_page.take.{kind}", n=kinds[kind]), kind in journey.applied, key=f"take_{kind}"
        ):
            applied.add(kind)
        elif kinds[kind]:
            applied.discard(kind)
    additions = journey.take_additions
    if kinds["addition"]:
        additions = st.checkbox(
            text("import_page.take.addition", n=kinds["addition"]), journey.take_additions, key="take_addition"
        )
    if proposals:
        with st.expander(text("import_page.proposals", n=len(proposals))):
            applied |= _list_proposals(proposals)
    if (frozenset(applied), additions) != (journey.applied, journey.take_additions):
        journey.applied, journey.take_additions = frozenset(applied), additions
        st.rerun()


def _list_proposals(proposals: list[Proposal]) -> set[str]:
    """Draw the first proposals one by one; return the keys of those that are selected."""
    rows = [
        {
            "kind": text(f"import_page.proposal.{one.kind}"), "code": one.code, "unit": one.unit,
            "before": _word(one, one.before), "after": _word(one, one.after), "why": _why(one),
        }
        for one in proposals[:_SHOWN]
    ]  # fmt: skip
    columns: dict[str, Any] = {
        name: st.column_config.TextColumn(text(f"import_page.col.{name}"))
        for name in ("kind", "code", "unit", "before", "after", "why")
    }
    st.caption(text("import_page.take.single"))
    drawn = st.dataframe(
        rows, hide_index=True, row_height=28, column_config=columns, on_select="rerun", selection_mode="multi-row",
        key="proposal_rows",
    )  # fmt: skip
    chosen = [proposals[nth] for nth in drawn["selection"]["rows"]]
    return {one.key for one in chosen if one.kind in (*APPLICABLE, OUTLINE)}


def _word(one: Proposal, value: str) -> str:
    return text(f"outcome.{value}") if one.kind == "correction" and value and not one.field else value


def _why(one: Proposal) -> str:
    """Return who edited a fact and when, in the configured zone, or what speaks for a split or a merger."""
    if one.kind != "conflict":
        return one.evidence or one.field
    when = datetime.fromisoformat(one.when).astimezone(ZoneInfo(config.ZONE))
    return text("import_page.edited", field=one.field, who=one.who, when=f"{when:%Y-%m-%d %H:%M}")
