"""Bijiang's units over eight yearly lists: the product's successors against a computation of its own, table by table."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pandas as pd
import pytest

from geo.cli import main
from geo.store.editions import read_edition, read_lists

#: What the lists say only through the years between: 大江坪社区居委 lost its tail in 2017 and moved in 2020.
TAILS = {"大江坪社区居委": "大江坪社区"}


@pytest.fixture(scope="module")
def lists(shared_data: Path) -> pd.DataFrame:
    """Return the eight lists as one table: as_of, code, name, township_code."""
    return pd.read_csv(shared_data / "admin" / "villages_2016_2023.csv", dtype=str, encoding="utf-8-sig")


def expect(lists: pd.DataFrame, start: str, end: str) -> pd.DataFrame:
    """Return code, name → successor_code, successor_name by two joins: on the name, else on the code.

    Names are unique in each of these lists. A code joins only where neither name stands in the other list.
    """
    old, new = (lists[lists["as_of"] == day][["code", "name"]] for day in (start, end))
    old = old.assign(key=old["name"].replace(TAILS))
    new = new.assign(key=new["name"].replace(TAILS))
    by_name = old.merge(new, on="key", how="left", suffixes=("", "_new"))
    rest = by_name["code_new"].isna()
    free = new[~new["key"].isin(old["key"])]
    by_code = by_name[rest][["code"]].merge(free, on="code", how="left")
    by_name.loc[rest, "code_new"] = by_code["code"].where(by_code["name"].notna()).to_numpy()
    by_name.loc[rest, "name_new"] = by_code["name"].to_numpy()
    return by_name[["code", "name", "code_new", "name_new"]].fillna("")


def test_the_shipped_lists_are_these(lists, shared_data):
    """Each shipped list has exactly the villages, names, full names and townships of the yearly file."""
    for edition in read_lists(shared_data / "admin" / "villages_2016_2023.csv"):
        own = {code: unit for code, unit in read_edition(edition.day).units.items() if unit.level != "district"}
        assert own == {code: unit for code, unit in edition.units.items() if unit.level != "district"}
    assert lists.groupby("as_of")["name"].nunique().tolist() == lists.groupby("as_of").size().tolist()


def test_successors_between_all_pairs_of_years(lists, tmp_path, capsys):
    """For every village of every list, towards each later list, `units --codes` finds the successor of the joins."""
    for start, end in combinations(sorted(lists["as_of"].unique()), 2):
        wanted = expect(lists, start, end)
        file, out = tmp_path / "codes.csv", tmp_path / "out.csv"
        wanted[["code", "name"]].to_csv(file, index=False)
        assert main(["units", "--edition", start, "--to", end[:4], "--codes", str(file), "--out", str(out)]) == 0
        found = pd.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
        assert found["successor_code"].tolist() == wanted["code_new"].tolist(), (start, end)
        assert found["successor_name"].tolist() == wanted["name_new"].tolist()
        assert ((found["how"] == "ask") == (found["successor_code"] == "")).all()
    capsys.readouterr()


def test_names_and_codes_of_any_year_are_found(lists, tmp_path, capsys):
    """Rows of all eight lists, said to be of 2019, come to the successor that their own year's joins give."""
    end = "2023-06-30"
    file, out = tmp_path / "codes.csv", tmp_path / "out.csv"
    rows = lists[lists["as_of"] <= "2019-10-31"]
    rows[["code", "name"]].to_csv(file, index=False)
    assert main(["units", "--edition", "2019", "--to", end, "--codes", str(file), "--out", str(out)]) == 0
    found = pd.read_csv(out, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    wanted = pd.concat([expect(lists, day, end) for day in sorted(rows["as_of"].unique())])
    assert found["successor_code"].tolist() == wanted["code_new"].tolist()
    capsys.readouterr()
