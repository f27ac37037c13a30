"""Two people acted on one issue: what happened meanwhile, both values of each fact, and the person's choice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from geo.errors import Key
from geo.i18n import text
from geo.issues import Act, list_acts
from geo.store.issue_acts import act_on_issue, get_issue, read_history
from geo.store.rules import load_rules
from geo.ui.conflict import Clash, choose_sides, offer_choice, say_fact, say_moment
from geo.ui.done import note_done
from geo.ui.plain import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geo.errors import Conflict
    from geo.model import Scope
    from geo.store.database import Database

_KEPT: Final = "issue_clash"


def take_act(db: Database, scope: Scope, *, row: Mapping[Any, Any], act: Act, act_id: str) -> None:
    """Do something about an issue as its row was seen, and say what came of it, and where others' changes stand too."""
    done = act_on_issue(db, scope, issue_id=str(row["id"]), act=act, act_id=act_id, rev=int(row["rev"]))
    words = text("act.done", number=str(row["number"]), state=text(f"issue_state.{done.standing.state}"))
    note_done(words + (text("act.merged") if done.merged else ""))


def keep_clash(act: Act, *, act_id: str, conflict: Conflict) -> None:
    """Remember what this person wanted to do and what stands against it, until they have chosen."""
    st.session_state[_KEPT] = (act_id, act, dict(conflict.params))


def show_clash(db: Database, scope: Scope, *, row: Mapping[Any, Any], act_id: str) -> bool:
    """Draw the open conflict of an act: fact by fact, or what happened to the issue; say whether there is one."""
    kept = st.session_state.get(_KEPT)
    if not kept or kept[0] != act_id:
        return False
    act, told = kept[1], kept[2]
    now = get_issue(db, scope, issue_id=str(row["id"]))
    st.markdown(f"**{text(f'event.{act.kind}')}**")
    st.text(f"{now['number']} {now['title']}")
    fields = told.get("fields")
    if fields:
        clashes = [
            Clash(name, text(f"act.{name}"), say_fact(theirs), say_fact(mine), who, time)
            for name, (who, time, theirs, mine) in fields.items()
        ]
        chosen = choose_sides(clashes, f"clash:{act_id}")
        dropped = {name: None for name, side in chosen.items() if side == "theirs"}
        _offer(db, scope, now, replace(act, **dropped), act_id, ready=None not in chosen.values())
        return True
    said = {name: text(value) if isinstance(value, Key) else value for name, value in told.items()}
    st.warning(escape(text("conflict.issue", **{**said, "time": say_moment(said["time"])})))
    standing, _ = read_history(db, scope, issue_id=str(row["id"]))
    days = load_rules(db, scope)["reopen_days"]
    if act.kind in list_acts(standing, act.on, reopen_days=days) and act.on >= standing.last_on:
        st.caption(text("conflict.still", act=text(f"event.{act.kind}")))
        _offer(db, scope, now, act, act_id, ready=True)
    else:
        st.caption(text("conflict.over", act=text(f"event.{act.kind}")))
    return True


def _offer(db: Database, scope: Scope, row: Mapping[Any, Any], act: Act, act_id: str, *, ready: bool) -> None:
    def store() -> None:
        take_act(db, scope, row=row, act=act, act_id=act_id)
        st.session_state.pop(_KEPT, None)

    offer_choice("clash_save", store, ready=ready)
