"""Paper: what is given is printed as it stands, typst sees its folder alone, pages are numbered through."""

from __future__ import annotations

import io

import pytest
from noto_cjk_sans_otc import FONT_PATH
from pypdf import PdfReader

from geo.errors import Invalid
from geo.printout import _run_typst, bind_pages, print_pdf
from geo.printout.glyphs import read_spans

WORDS = ("第 ", " 页，共 ", " 页")
HOSTILE = (
    '#eval("1+1")', "$x^2$", "]", "*b* _i_", "`raw`", "@ref <lab>", "\\u{41}", "---", "= head", "- item", "// c", "/* x",
    '#read("/etc/hostname")', "#[", "~", '"q"', "\U00020bb7",
)  # fmt: skip


def a_list(rows: list[list[str]], **said: object) -> dict:
    columns = [{"head": head, "width": 80, "number": False} for head in ("编号", "户主")]
    usual = {
        "title": "清单", "line": "截至 2019-11-20", "foot": "脚", "flipped": False, "top": 22, "size": 8,
        "breakable": False, "page_words": WORDS, "columns": columns, "rows": rows,
    }  # fmt: skip
    return {**usual, **said}


def texts_of(content: bytes) -> list[str]:
    return [page.extract_text() for page in PdfReader(io.BytesIO(content)).pages]


def test_what_a_name_holds_is_printed_and_not_run():
    """Markup, code and quotes in any text of a list stand on the paper sign by sign, in its title and head too."""
    printed = print_pdf(
        "list",
        a_list(
            [[str(nth), name] for nth, name in enumerate(HOSTILE)],
            title="#eval", line="$line$", foot="*foot*",
            columns=[{"head": head, "width": 80, "number": False} for head in ("#h", "_i_")],
        ),
    )  # fmt: skip
    (page,) = texts_of(printed.content)
    lines = page.splitlines()
    assert [line for line in HOSTILE if not any(line in one for one in lines)] == []
    assert [said for said in ("#eval", "$line$", "*foot*", "#h", "_i_") if said not in page] == []


def test_signs_without_a_shape_are_named():
    """A control sign, a tab and an emoji, which the font cannot show, are printed by their number."""
    rows = [["1", "x\x01y"], ["2", "a\tb"], ["3", "\U0001f600"]]
    (page,) = texts_of(print_pdf("list", a_list(rows)).content)
    assert [said for said in ("x[U+0001]y", "a[U+0009]b", "[U+1F600]") if said not in page] == []


def test_the_font_has_what_names_need():
    """The map of the font says so: Latin, Han of both planes and full-width signs are there, emoji are not."""
    spans = read_spans(FONT_PATH)
    there = {
        sign: any(first <= ord(sign) <= last for first, last in spans) for sign in "Aé王\U00020bb7＝·—“\U0001f600\x01"
    }
    assert [sign for sign, is_there in there.items() if not is_there] == ["\U0001f600", "\x01"]


def test_each_page_has_title_head_and_number():
    """A long list repeats title, line and head on every page, and each page says which of how many it is."""
    printed = print_pdf("list", a_list([[f"C-{nth:04d}", "测"] for nth in range(200)]))
    pages = texts_of(printed.content)
    assert len(pages) == printed.pages > 2
    for nth, page in enumerate(pages, 1):
        assert page.count("截至 2019-11-20") == page.count("编号") == 1
        assert f"第 {nth} 页，共 {len(pages)} 页" in page
    assert [page.count("C-") for page in pages[:-1]] == [pages[0].count("C-")] * (len(pages) - 1)
    assert sum(page.count("C-") for page in pages) == 200


def test_parts_are_bound_to_one_document():
    """Parts printed without numbers become one document with every page of each, in order, numbered through."""
    parts = [print_pdf("list", a_list([[one, "测"]] * rows, page_words=None)) for one, rows in (("A-", 60), ("B-", 2))]
    bound = bind_pages(parts, flipped=False, page_words=WORDS)
    pages = texts_of(bound.content)
    assert len(pages) == bound.pages == sum(part.pages for part in parts)
    assert [("A-" in page, "B-" in page) for page in pages] == [(True, False)] * (len(pages) - 1) + [(False, True)]
    assert all(f"第 {nth} 页，共 {len(pages)} 页" in page for nth, page in enumerate(pages, 1))


@pytest.mark.parametrize(
    "line", ['#read("/etc/hostname")', '#read("../beside.txt")', '#import "@preview/cetz:0.2.2": *', '#image("/x.png")']
)
def test_a_document_sees_its_folder_alone(tmp_path, line):
    """Typst cannot open a file outside the folder of the document, nor a package from the internet."""
    folder = tmp_path / "inside"
    folder.mkdir()
    (tmp_path / "beside.txt").write_text("secret", encoding="utf-8")
    (folder / "doc.typ").write_text(line, encoding="utf-8")
    with pytest.raises(Invalid):
        _run_typst(folder / "doc.typ", folder / "doc.pdf")
    assert not (folder / "doc.pdf").exists()
