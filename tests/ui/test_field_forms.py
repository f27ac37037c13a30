"""Forms for the field on 总览: where there are any, for whom, and that a link gives the form of the place in view."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import load_workbook

from geo.store.exportlog import list_exports
from geo.web import grants
from geo.workbook import HEAD_ROWS
from tests.ui.test_pages import open_page
from tests.world import PLANNER


def choose_forms(app):
    """Choose the forms in the export menu of an open page; None where the menu does not list them."""
    menu = next(one for one in app.selectbox if one.key == "export_list")
    if not any("登记表" in option for option in menu.options):
        return None
    return menu.select("forms").run()


def take(app, name: str) -> bytes:
    """Follow the link of one button as its own browser."""
    url = next(one.proto.url for one in app.get("link_button") if name in one.proto.id)
    token = url.rsplit("/", 1)[1]
    return grants.take(token, grants._GRANTS._offers[token].owner).body


def test_a_village_gives_its_forms(world):
    """A planner takes workbook, paper and phone form of a village, each with all its households, each logged."""
    app = choose_forms(open_page("overview", place="v2"))
    assert not app.exception
    rows = load_workbook(io.BytesIO(take(app, "export_template_xlsx"))).worksheets[0].max_row - HEAD_ROWS
    assert rows == 15
    assert take(app, "export_template_pdf").startswith(b"%PDF")
    with zipfile.ZipFile(io.BytesIO(take(app, "export_xlsform_zip"))) as packed:
        assert packed.read("households.csv").decode().count("\n") == 16
    assert [one["what"] for one in list_exports(world, PLANNER)] == ["xlsform.zip", "template.pdf", "template.xlsx"]


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize(("role", "place"), [("planner", "t1"), ("leader", "v2")])
def test_no_forms_of_a_township_and_none_for_a_leader(role, place):
    """A township is too wide for one form, and a leader records nothing: the menu does not list them."""
    assert choose_forms(open_page("overview", role=role, place=place)) is None
