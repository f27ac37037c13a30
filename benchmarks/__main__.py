"""Every benchmark, into docs/benchmarks.md: `python -m benchmarks`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from benchmarks import coverage, formats, gaps, importing, keyboard, save, year
from benchmarks.measure import describe_machine, show_table
from benchmarks.world import built_world

TARGET = Path(__file__).parent.parent / "docs" / "benchmarks.md"
#: The heading of the part that `python -m benchmarks.plan` measures.
PLANNING = "## Planning"
TEXT = """# Benchmarks

`python -m benchmarks` writes this page; `python -m benchmarks.save`, `.coverage`, `.gaps`, `.formats`, `.importing`,
`.keyboard` and `.year` print one table each.
What counts is the ratio: both sides ran on the same data, one after the other, in one run on this machine.

{machine}; {day}.

The synthetic district has groups of 50 households, two rounds and about two visits a household (`benchmarks/world.py`);
it is built through the product's own schema and is gone afterwards.

## Saving a visit, with correct figures at every level

One save is the whole service call: rights, checks, the visit, the log of acts, the cells of the group, village,
township and district, and the commit to the disk. pandas has roster and visits in memory already and recomputes three
counts of every place by `groupby`; the cells hold twenty-five. After the saves both agree on every place.
Goals: at least 50 × cheaper than pandas at 1 M; at most two bare fsyncs and 2 ms.

{save}

## Coverage of any township in any round

Goal: at most 1 ms from the cells at 1 M.

{coverage}

## A gap list of 100,000 households as a workbook

The product writes bordered cells, title, frozen head and page set-up, and puts the codes into words; pandas gets the
ready words. Every tenth name begins with `=`. Memory is the peak above the process that holds the list.
Goals: at least 4 × faster than `pandas.to_excel`, at most 60 MB, no formula.

{gaps}

## The same list in the other formats

Goal: a few seconds each; 2,000 rows on paper in about one. Typst, which sets the paper, runs in processes of its own.

{formats}

## A workbook of 100,000 households imported

`benchmarks/register.py` writes 15 columns as villages keep them: units, household, head, ID number, people, phone,
class, point, day and outcome of a visit, issue, note; about 3 % of the rows have a bad cell. The product reads, checks
and lists every cell, asks where it must, compares with the register, and stores households, roster, visits, issues, the
journal to undo it by, the log and the cells of every level in one transaction.
The row loop (`benchmarks/rowloop.py`) checks the same fields, looks each household up and inserts the same rows one by
one in one transaction, then has the cells computed by the product. It keeps no journal. It is written as the manuals
show it: `openpyxl.load_workbook(path)`, SQLAlchemy's `select` and `insert` of the product's own tables. That is what
the goal compares with. The loops below it take what is quicker, one thing more each: openpyxl's read-only mode, SQL
texts that are made into statements once, the driver itself. pandas only copies the sheet into a table.
Goal: at least 8 × faster than openpyxl with a row loop.

{importing}

## Forty households recorded by keyboard

`python -m benchmarks.keyboard` records forty households of one group in a real Chromium, and clicks nothing: `1` or
`2` and Ctrl+Enter; `3`, the reason's first letters and Enter; `N` for an issue with category and title; `B` for a note.
A save is from the first key of a household until the next one is on the screen and takes keys, each key pressed as soon
as the page has answered the one before: the product's time, not a person's.
Goal: 4 s for a plain visit, no step needs the mouse.

{keyboard}

## Every board after a year

157,000 households, more than five visits each, 20,000 issues with 110,000 events and 63,000 measures, six things looked
into at every effective visit of two rounds (`benchmarks/year.py`). Each page is run whole for the whole district, just
after somebody recorded a visit, and once more; seconds of the processor, without what the browser draws.
Goal: under 1 s.

{year}
"""


def main() -> None:
    """Run all and rewrite the page."""
    saves, reads = [], []
    gap_table, import_table = gaps.report(), importing.report()
    machine = describe_machine()
    for size in save.SIZES:
        with built_world(size) as world:
            reads.append(coverage.measure_coverage(world))
            saves.append(save.measure_save(world))
    page = TEXT.format(
        machine=machine, day=datetime.now(UTC).date(), save=show_table(save.HEADS, saves),
        coverage=show_table(coverage.HEADS, reads), gaps=gap_table, formats=formats.report(), importing=import_table,
        keyboard=keyboard.report(), year=year.report(),
    )  # fmt: skip
    # Planning needs instances from outside and minutes of its own: its part is kept as it was measured last.
    _, kept, planning = TARGET.read_text(encoding="utf-8").partition(PLANNING)
    page = f"{page.rstrip()}\n\n{kept}{planning}" if kept else page
    TARGET.write_text(page, encoding="utf-8")
    print(page)


if __name__ == "__main__":
    main()
