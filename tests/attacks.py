"""Names that some program would run, in every text that people fill in, and how a page, a file or the disk betrays it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from geo.store.database import Database

#: Set by a script that runs; asked for after every page.
MARK: Final = "PWNED"
#: An address nobody has (RFC 5737): whoever asks for it was made to.
ELSEWHERE: Final = "http://192.0.2.1/x"
#: Table → the columns that people fill in.
COLUMNS: Final = {
    "place": ("name",), "household": ("code", "head_name", "phone", "note"), "person": ("name", "phone"),
    "round": ("name",), "team": ("name",), "zone": ("name",), "review": ("participants", "minutes"),
    "assignment": ("reason",), "visit": ("note",), "issue": ("number", "title", "detail", "responsible", "unit"),
    "issue_event": ("note", "unit", "responsible"), "measure": ("text", "responsible", "unit"),
    "review_item": ("reasons", "decision"), "round_roster": ("excluded_note",), "area_aside": ("label",),
    "matter": ("number", "title", "unit", "responsible", "source", "note"), "import_batch": ("file_name", "sheet"),
    "import_refused": ("value", "unit"), "attachment": ("name",),
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
    )


def attack_names(db: Database, folder: Path) -> None:
    """Put the texts into every column of every row that people fill in, behind the product's back."""
    texts = list_attacks(folder)
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
