"""Names that some program would run, in every text that people fill in, and how a page, a file or the disk betrays it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from geo import codes
from geo.accounts import create_account
from geo.importer import ImportOptions, import_file
from geo.model import Scope
from geo.store.attachments import add_photo
from geo.store.categories import list_categories, write_category
from geo.store.database import Database
from geo.store.exportlog import log_export
from geo.store.issue_acts import get_issue
from geo.store.matters import MatterEntry, add_matter
from geo.store.measures import MeasureEntry, add_measure
from geo.store.places import root_place
from geo.store.reviews import Decision, ReviewEntry, decide, open_review
from geo.store.rules import list_rules, write_rule
from geo.store.zones import save_zone
from tests.gatehouse import BOSS, add_boss, make_real
from tests.pictures import make_picture
from tests.world import PLANNER, TODAY, VILLAGES

#: Set by a script that runs; asked for after every page.
MARK: Final = "PWNED"
#: An address nobody has (RFC 5737): whoever asks for it was made to.
ELSEWHERE: Final = "http://192.0.2.1/x"
#: Table → the columns that hold what people type, or the names of people and files.
COLUMNS: Final = {
    "place": ("name", "full_name"), "household": ("code", "head_name", "phone", "note", "coord_raw", "updated_by"),
    "person": ("name", "phone"), "account": ("person_name",), "round": ("name",), "team": ("name",), "zone": ("name",),
    "review": ("participants", "minutes", "created_by"), "assignment": ("reason", "created_by"),
    "visit": ("note", "recorded_by", "approved_by"),
    "issue": ("number", "title", "detail", "responsible", "unit", "verified_by", "created_by"),
    "issue_event": ("note", "unit", "responsible", "actor", "approved_by"),
    "measure": ("text", "responsible", "unit", "created_by"), "review_item": ("decided_by",),
    "round_roster": ("excluded_note", "approved_by"), "area_aside": ("label",),
    "matter": ("number", "title", "unit", "responsible", "source", "note", "created_by"),
    "import_batch": ("file_name", "sheet", "created_by"), "import_refused": ("value", "unit"),
    "import_mapping": ("source", "created_by"), "attachment": ("name", "created_by"),
    "audit_log": ("actor", "object"), "export_log": ("actor", "what", "filter"), "round_figures": ("locked_by",),
}  # fmt: skip


def list_attacks(folder: Path) -> tuple[str, ...]:
    """Return the texts; those that run on the server make `folder`."""
    made = f"__globals__.os.mkdir('{folder.as_posix()}')"
    run = f"top.{MARK}=1;alert(1)"
    return (
        "{{ cycler.__init__." + made + " }}",
        "{% set x = cycler.__init__." + made + " %}",
        f'<img src=x onerror="{run}">',
        f"</script><script>{run}</script>",
        f'"><svg onload={run}>',
        f"<iframe srcdoc='<script>{run}</script>'></iframe>",
        "${top." + MARK + "=1}`${alert(1)}`",
        f"';{run};//",
        f"\\u003cscript\\u003e{run}\\u003c/script\\u003e",
        f"![x]({ELSEWHERE}.png) [x](javascript:{run}) :red[x] $x^2$ **b**",
        f"<link rel=stylesheet href={ELSEWHERE}.css><style>@import '{ELSEWHERE}'</style>",
        "=cmd|' /C calc'!A0",
        f'=WEBSERVICE("{ELSEWHERE}")',
        f'@HYPERLINK("{ELSEWHERE}")',
        "+1+1",
        "-1+1",
        "\t=1+1",
        "\uff1d1+1",
        f'#image("{ELSEWHERE}") #eval("1")',
        "../../../x",
        "C:\\x\\..\\y",
    )


def attack_names(db: Database, folder: Path) -> None:
    """Put the texts into every column of every row that people fill in, behind the product's back.

    The small world is furnished before, so that every one of those tables has a row.
    """
    texts = list_attacks(folder)
    _furnish(db, folder.parent)
    _attack_rules(db, texts)
    with db.write() as connection:
        guards = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for guard in guards:
            connection.exec_driver_sql(f'DROP TRIGGER "{guard}"')
        for table, names in COLUMNS.items():
            keys = [row[5] and row[1] for row in connection.exec_driver_sql(f"PRAGMA table_info({table})")]
            key = " || '|' || ".join(f'CAST("{one}" AS TEXT)' for one in keys if one)
            rows = connection.exec_driver_sql(f"SELECT {key} FROM {table} ORDER BY 1").scalars().all()
            for shift, name in enumerate(names):
                for nth, row in enumerate(rows):
                    said = f"{texts[(nth + 5 * shift) % len(texts)]} {nth}"
                    connection.exec_driver_sql(f"UPDATE {table} SET {name} = ? WHERE {key} = ?", (said, row))


def _furnish(db: Database, folder: Path) -> None:
    """Make the small world real, with accounts, and give it a review, a measure, a matter, a photo, an area, an import with a refused row, a past list."""
    make_real(db)
    add_boss(db)
    for role in codes.ROLES:
        create_account(
            db, BOSS, name=f"as-{role}", role=role, area="v1" if role == "recorder" else "d", person_name="x"
        )
    open_review(db, PLANNER, entry=ReviewEntry("r1", "d", "village", TODAY, "周测", "议定"))
    rev = get_issue(db, PLANNER, issue_id="i2")["rev"]
    decide(db, PLANNER, review_id="r1", issue_id="i2", rev=rev, decision=Decision("assign", unit="x", due_on=TODAY))
    add_measure(db, PLANNER, entry=MeasureEntry("m1", "i1", "补漏", TODAY))
    add_matter(db, PLANNER, entry=MatterEntry("x1", "v1", "INF_R", "修路", done_on=TODAY, funds_fen=100, homes=3))
    add_photo(db, PLANNER, about="issue", about_id="i1", content=make_picture(), name="a.jpg", photo_id="p1")
    save_zone(db, PLANNER, name="河边", place_id="v1", ring=((109.0, 27.6), (109.1, 27.6), (109.1, 27.7)))
    log_export(db, PLANNER, what="gaps", filters="", rows=1)
    file = folder / "brought.csv"
    file.write_text(f"乡镇,村,组,户编号,户主\n甲测乡,{VILLAGES['v1'][1]},一组,Z-1,测新\n,,,,测二\n", encoding="utf-8")
    report = import_file(db, PLANNER, file, options=ImportOptions(good_rows=True))
    assert (report.stored, len(report.rows_bad)) == (True, 1)


def _attack_rules(db: Database, texts: tuple[str, ...]) -> None:
    """Write names, criteria and sources as an administrator does."""
    admin = Scope(texts[2], "admin", root_place(db).id)
    for nth, one in enumerate(list_categories(db, admin)):
        said = texts[nth % len(texts)].strip()
        write_category(db, admin, code=one.code, criteria=said, source=said, year=2020, name=f"{said[:17]}{nth}")
    for nth, rule in enumerate(list_rules(db, admin)):
        said = texts[nth % len(texts)].strip()
        write_rule(db, admin, key=rule.key, value=rule.value, source=said, year=2020)
