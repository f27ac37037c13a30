"""What can be typed after `accounts`, and for `serve`."""

from __future__ import annotations

from argparse import BooleanOptionalAction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geo import codes
from geo.i18n import text

if TYPE_CHECKING:
    from collections.abc import Callable


def add_accounts(commands: Any, add_command: Callable[..., Any], add_shared: Callable[..., None]) -> None:
    """Add `accounts list`, `create`, `change`, `disable`, `enable`, `reset` and `import`."""
    actions = add_command(commands, "accounts").add_subparsers(
        dest="accounts_command", required=True, metavar="ACTION", parser_class=type(commands.choices["accounts"])
    )
    for name in ("list", "create", "change", "disable", "enable", "reset", "import"):
        about = text(f"cli.accounts.{name}")
        parser = actions.add_parser(name, help=about, description=about, allow_abbrev=False)
        add_shared(parser, below=True)
        if name == "import":
            parser.add_argument("file", type=Path, metavar="FILE", help=text("cli.accounts.file"))
            parser.add_argument("--out", type=Path, metavar="FILE.csv", help=text("cli.accounts.out"))
        elif name != "list":
            parser.add_argument("name", metavar="NAME", help=text("cli.accounts.name"))
        if name == "create":
            parser.add_argument("--role", choices=codes.ROLES, required=True, help=text("cli.accounts.role"))
            parser.add_argument("--person", default="", metavar="NAME", help=text("cli.accounts.person"))
        if name in {"create", "change"}:
            parser.add_argument("--area", action="append", default=[], metavar="CODE", help=text("cli.accounts.area"))
        if name == "change":
            parser.add_argument("--exports", action=BooleanOptionalAction, help=text("cli.accounts.exports"))
        if name == "reset":
            parser.add_argument("--codes", action="store_true", help=text("cli.accounts.codes"))


def add_serve(commands: Any, add_command: Callable[..., Any]) -> None:
    """Add `serve`."""
    parser = add_command(commands, "serve")
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS", help=text("cli.serve.host"))
    parser.add_argument("--port", type=int, default=8501, metavar="N", help=text("cli.serve.port"))
    parser.add_argument("--name", action="append", default=[], metavar="HOST", help=text("cli.serve.name"))
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help=text("cli.serve.tls_cert"))
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help=text("cli.serve.tls_key"))
    parser.add_argument(
        "--behind-proxy", action="append", default=[], metavar="ADDRESS", help=text("cli.serve.behind_proxy")
    )
