"""The course of an issue: what is possible when, why the rest is refused, and that the history is the issue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo import codes, config
from geo.errors import Invalid
from geo.i18n import text
from geo.issues import ACTS, Act, Event, Standing, fold, list_acts, replay, take_step
from tests.random_worlds import day

MANY = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
RAISED = Event("raised", day(0), "甲", None, "village", None, "open", due_on=day(15), responsible="乙")
UNDATED = Event("raised", day(0), "甲", None, "village", None, "open")

_names = st.sampled_from((None, "甲", "乙", "丙", codes.HOUSEHOLD))
_days = st.none() | st.integers(0, 200).map(day)
_acts = st.builds(
    lambda later, **said: (later, said),
    st.sampled_from((0, 0, 0, 1, 3, 20, 100)), kind=st.sampled_from(sorted(ACTS)), actor=st.sampled_from(("甲", "乙", "丙")),
    note=st.sampled_from(("", "漏雨未修好")), level=st.sampled_from(("", *codes.ISSUE_LEVELS)), due_on=_days,
    responsible=_names, close_kind=st.sampled_from((None, *codes.CLOSE_KINDS)), approved_by=_names, verified_by=_names,
    satisfaction=st.sampled_from((None, 0, 1)), duplicate_of=st.sampled_from((None, "i2")),
)  # fmt: skip


def walk(first: Event, steps) -> tuple[list[Event], list[tuple[Standing, Act]]]:
    """Try acts one after another; return the events of those that were possible, and the refused with their standing."""
    events, refused, standing, on = [first], [], fold(None, first), first.on
    for later, said in steps:
        act = Act(on=on + timedelta(days=later), **said)
        try:
            event = take_step(standing, act)
        except Invalid as error:
            text(error.key, **error.params)
            refused.append((standing, act))
            continue
        on = event.on
        events.append(event)
        standing = fold(standing, event)
        check_possible(standing, event)
    return events, refused


def check_possible(now: Standing, event: Event) -> None:
    """Assert what no issue may ever be."""
    rank = codes.ISSUE_LEVELS.index
    assert now.state in codes.ISSUE_STATES
    assert rank(now.level) <= rank(now.max_level)
    assert (now.closed_on is not None) == (now.state == "closed")
    assert (now.resolved_on is not None) == (now.state in codes.DONE_STATES)
    if now.state == "closed":
        assert now.resolved_on <= now.closed_on
        assert now.close_kind in codes.CLOSE_KINDS
        assert now.verified_by
        assert now.verified_by not in (now.resolved_by, now.responsible)
        assert now.verified_by != codes.HOUSEHOLD or now.satisfaction is not None
    if now.state == "deferred":
        assert event.kind != "deferred" or (event.approved_by and event.note)
    assert event.kind != "extended" or (event.approved_by and event.on < event.due_on)
    assert now.close_kind != "solved_on_spot" or now.resolved_on == now.raised_on


@MANY
@given(first=st.sampled_from((RAISED, UNDATED)), steps=st.lists(_acts, max_size=16))
def test_no_sequence_reaches_an_impossible_state(first, steps):
    """Whatever is tried in whatever order: each standing is possible, the history replays to it, the first due day stays."""
    events, refused = walk(first, steps)
    standing = replay(events)
    folded = None
    for event in events:
        before, folded = folded, fold(folded, event)
        if before is not None:
            assert (event.from_state, event.from_level) == (before.state, before.level)
            assert event.on >= before.last_on
            assert before.original_due_on in (None, folded.original_due_on)
            assert folded.reopen_count - before.reopen_count == (event.kind in ("reworked", "reopened"))
    assert folded == standing
    for then, act in refused:
        if act.kind not in list_acts(then, then.last_on):
            continue
        # What is offered as a button is possible for somebody who says everything right.
        assert take_step(then, perfect(then, act.kind)).kind == act.kind


def perfect(then: Standing, kind: str) -> Act:
    """Return an act of a kind with everything said that it needs."""
    later = then.due_on + timedelta(days=200) if kind == "extended" else None
    return Act(
        kind, then.last_on, "丁", note="理由", due_on=later, approved_by="戊", verified_by="己", satisfaction=1,
        duplicate_of="i9",
    )  # fmt: skip


@pytest.mark.parametrize("kind", sorted(ACTS))
def test_every_act_is_refused_from_every_other_state(kind):
    """From a state that its row of the table does not name, an act is refused and the sentence names both."""
    for state in codes.ISSUE_STATES:
        standing = Standing(state, "township", "township", day(0), due_on=day(20), original_due_on=day(15))
        if state in ACTS[kind][0]:
            assert take_step(standing, Act(kind, day(1), "丁", "理由", due_on=day(30) if kind == "extended" else None,
                                           approved_by="戊", verified_by="己", duplicate_of="i9"))  # fmt: skip
            continue
        with pytest.raises(Invalid) as refused:
            take_step(standing, Act(kind, day(1), note="理由", approved_by="戊"))
        said = text(refused.value.key, **refused.value.params)
        assert text(f"issue_state.{state}") in said
        assert text(f"event.{kind}") in said


def refuse(standing: Standing, **said) -> str:
    """Return the key with which an act is refused."""
    with pytest.raises(Invalid) as refused:
        take_step(standing, Act(on=said.pop("on", day(10)), **said))
    return refused.value.key


def test_reasons_of_refusal():
    """Each rule of the table in docs/decisions/0016 is refused with its own sentence."""
    going = Standing(
        "in_progress", "village", "village", day(2), due_on=day(15), original_due_on=day(15), raised_on=day(0)
    )
    resolved = Standing(
        "resolved", "village", "village", day(5), due_on=day(15), resolved_on=day(5), resolved_by="甲", responsible="乙"
    )
    closed = Standing("closed", "village", "village", day(6), closed_on=day(6), resolved_on=day(5))
    top = Standing("in_progress", "district", "district", day(2))
    assert refuse(going, kind="extended", due_on=day(20)) == "err.issue_approval"
    assert refuse(going, kind="extended", due_on=day(12), approved_by="丙") == "err.issue_extend_later"
    assert refuse(going, kind="extended", due_on=day(40), approved_by="丙", on=day(15)) == "err.issue_extend_late"
    assert refuse(going, kind="assigned", due_on=day(40)) == "err.issue_due_set"
    assert refuse(going, kind="escalated", due_on=day(9)) == "err.issue_due_past"
    assert refuse(going, kind="progress", on=day(1)) == "err.issue_before"
    assert refuse(going, kind="deferred", note="等资金") == "err.issue_approval"
    assert refuse(going, kind="deferred", approved_by="丙") == "err.issue_reason"
    assert refuse(going, kind="returned", note="x") == "err.issue_level"
    assert refuse(going, kind="resolved", close_kind="solved_on_spot") == "err.issue_on_spot"
    assert refuse(going, kind="duplicated") == "err.issue_original"
    assert refuse(top, kind="escalated") == "err.issue_level"
    assert refuse(resolved, kind="closed") == "err.issue_verifier"
    assert refuse(resolved, kind="closed", verified_by="甲") == "err.issue_same_person"
    for name in ("乙", " 乙 ", "乙\u3000"):
        assert refuse(resolved, kind="closed", verified_by=name) == "err.issue_same_person"
    latin = Standing("resolved", "village", "village", day(5), resolved_on=day(5), resolved_by="Li Si")
    assert refuse(latin, kind="closed", verified_by="ＬＩ　ＳＩ") == "err.issue_same_person"
    assert refuse(resolved, kind="closed", verified_by=codes.HOUSEHOLD) == "err.issue_satisfaction"
    late = day(6) + timedelta(days=config.REOPEN_DAYS + 1)
    assert refuse(closed, kind="reopened", note="又坏了", on=late) == "err.issue_reopen_late"
    assert take_step(closed, Act("reopened", late - timedelta(days=1), note="又坏了")).to_state == "in_progress"
    assert (
        refuse(Standing("open", "village", "village", day(0), duplicate_of="i2"), kind="progress")
        == "err.issue_is_duplicate"
    )
