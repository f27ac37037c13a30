"""Forms for the field, where a village or a group is shown to somebody who records visits: workbook, paper, phones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from geo.access import for_files, may
from geo.exports import ExportHead
from geo.field import make_form, print_sheets, write_template, write_xlsform
from geo.i18n import text
from geo.store.categories import offer_categories
from geo.store.reads import read_homes
from geo.ui.export_menu import Export
from geo.ui.shell import say_round

if TYPE_CHECKING:
    from geo.exports import Progress
    from geo.field import Form
    from geo.model import Round
    from geo.ui.session import Session

#: Form → what it is called in the log and the catalogue.
_FORMS: Final = {"xlsx": "template", "pdf": "template", "zip": "xlsform"}
_LEVELS: Final = ("village", "group")


def has_forms(session: Session) -> bool:
    """Say whether there are forms here: of one village or group, for who may record."""
    return session.place.level in _LEVELS and may(session.scope, "record_visit")


def offer_forms(session: Session, round_: Round, *, rows: int) -> list[Export]:
    """Return the forms of the place in view: a workbook, its twin on paper, a form for phones with its list."""
    head = ExportHead(
        title=text("field.file"), place=session.place.name, round=say_round(round_, session.today),
        as_of=session.today, filters="", user=session.scope.actor,
    )  # fmt: skip
    stamp = (session.place.id, round_.id)
    return [
        Export(what, form, head, rows, stamp, partial(_make, session, round_, form)) for form, what in _FORMS.items()
    ]


def _make(session: Session, round_: Round, form: str, _progress: Progress | None) -> tuple[bytes, int]:
    made = _form(session, round_)
    content = {"xlsx": write_template, "pdf": lambda one: print_sheets(one).content, "zip": write_xlsform}[form](made)
    return content, len(made.rows)


def _form(session: Session, round_: Round) -> Form:
    homes = read_homes(session.db, for_files(session.scope), round_id=round_.id, place_id=session.place.id)
    return make_form(
        homes, place=session.place.name, round_name=round_.name, starts_on=round_.starts_on, ends_on=round_.ends_on,
        made_on=session.today, made_by=session.scope.actor,
        categories=offer_categories(session.db, session.scope),
    )  # fmt: skip
