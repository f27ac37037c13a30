"""`demo`: the demo world as a new file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geo import config
from geo.cli.exits import DONE
from geo.cli.session import print_json
from geo.demo import build_demo
from geo.i18n import text

if TYPE_CHECKING:
    import argparse


def run_demo(options: argparse.Namespace) -> int:
    """Build the demo world into a new file."""
    path = options.db or config.database_path()
    build_demo(path, preset=options.preset, today=options.today)
    if options.json:
        print_json({"db": path, "preset": options.preset, "today": options.today})
    else:
        print(text("cli.demo.done", path=path, today=options.today))
    return DONE
