"""Forms for the field: `template` (a workbook, or the same as sheets of paper) and `xlsform` (for phones)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geo.cli.exits import DONE
from geo.cli.session import choose_place, choose_round, open_session, print_json
from geo.errors import Invalid
from geo.field import make_form, print_sheets, write_template, write_xlsform
from geo.i18n import text
from geo.store.categories import offer_categories
from geo.store.exportlog import log_export
from geo.store.reads import read_homes

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    from geo.cli.session import Session
    from geo.field import Form

_LEVELS: Final = ("village", "group")
_TEMPLATES: Final[Mapping[str, Callable[[Form], bytes]]] = {
    ".xlsx": write_template,
    ".pdf": lambda form: print_sheets(form).content,
}
_FORMS: Final[Mapping[str, Callable[[Form], bytes]]] = {".zip": write_xlsform}


def run_template(options: argparse.Namespace) -> int:
    """Write the prefilled workbook of a village or group, or its twin on paper."""
    return _run(options, _TEMPLATES, "template")


def run_xlsform(options: argparse.Namespace) -> int:
    """Write the form for phones of a village or group, with its list of households."""
    return _run(options, _FORMS, "xlsform")


def _run(options: argparse.Namespace, writers: Mapping[str, Callable[[Form], bytes]], what: str) -> int:
    suffix = options.out.suffix.lower()
    if suffix not in writers:
        raise Invalid("field.suffix", path=options.out.name, suffixes=text("list.comma").join(writers))
    with open_session(options) as session:
        form = _form(session, options)
        content = writers[suffix](form)
        log_export(
            session.db, session.scope, what=f"{what}{suffix}", filters=form.line(len(form.rows)), rows=len(form.rows)
        )
        options.out.write_bytes(content)
    if options.json:
        print_json({"out": options.out, "kind": what, "place": form.place, "rows": len(form.rows)})
    else:
        print(text("cli.gaps.written", path=options.out, n=len(form.rows)))
    return DONE


def _form(session: Session, options: argparse.Namespace) -> Form:
    place = choose_place(session, options.place)
    if place.level not in _LEVELS:
        raise Invalid("field.level", place=place.name)
    round_ = choose_round(session, options.round)
    homes = read_homes(session.db, session.scope, round_id=round_.id, place_id=place.id)
    name = place.name if place.level == "village" or homes.empty else f"{homes['village'].iloc[0]}{place.name}"
    return make_form(
        homes, place=name, round_name=round_.name, starts_on=round_.starts_on, ends_on=round_.ends_on,
        made_on=session.db.today(), made_by=text("cli.user"),
        categories=offer_categories(session.db, session.scope),
    )  # fmt: skip
