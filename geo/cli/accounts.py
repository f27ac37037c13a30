"""`accounts`: who may come in; `serve`: the app at an address, on a network only with accounts and encryption."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geo.accounts import (
    create_account,
    disable_account,
    enable_account,
    grant_exports,
    has_accounts,
    list_accounts,
    move_account,
    reset_account,
)
from geo.accounts.people import find_account
from geo.accounts.sheet import NewAccount, import_accounts
from geo.cli.exits import DONE
from geo.cli.session import Session, choose_place, open_session, print_json, print_table, tell
from geo.errors import Invalid
from geo.i18n import text
from geo.model import Scope
from geo.web.settings import is_this_machine

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

_SHOWN: Final = ("name", "person_name", "role", "area_name", "disabled", "must_change", "has_codes", "exports_personal")
_ROOT: Final = Path(__file__).resolve().parents[2]


def run_accounts(options: argparse.Namespace) -> int:
    """Manage accounts, in the name of the command line as the admin of the whole file."""
    with open_session(options) as session:
        admin = Session(session.db, Scope("cli", "admin", session.scope.area))
        return _ACTIONS[options.accounts_command](admin, options)


def _list(session: Session, options: argparse.Namespace) -> int:
    found = list_accounts(session.db, session.scope)
    if options.json:
        print_json({"accounts": [asdict(one) for one in found]})
    else:
        said = [[_say(getattr(one, name)) for name in _SHOWN] for one in found]
        print_table([text(f"account.shown.{name}") for name in _SHOWN], said)
    return DONE


def _create(session: Session, options: argparse.Namespace) -> int:
    area, *further = _choose_areas(session, options.area)
    password = create_account(
        session.db, session.scope, name=options.name, role=options.role, area=area, further=further,
        person_name=options.person,
    )  # fmt: skip
    return _tell_password(options, options.name, password)


def _change(session: Session, options: argparse.Namespace) -> int:
    account = find_account(session.db, session.scope, name=options.name)
    if not options.area and options.exports is None:
        raise Invalid("cli.accounts.nothing")
    if options.area:
        area, *further = _choose_areas(session, options.area)
        move_account(session.db, session.scope, account_id=account, area=area, further=further)
    if options.exports is not None:
        grant_exports(session.db, session.scope, account_id=account, allows=options.exports)
    return _tell_done(options, "changed")


def _choose_areas(session: Session, codes: list[str]) -> list[str]:
    wanted: list[str | None] = [*codes] or [None]
    return [choose_place(session, code).id for code in wanted]


def _reset(session: Session, options: argparse.Namespace) -> int:
    account = find_account(session.db, session.scope, name=options.name)
    password = reset_account(session.db, session.scope, account_id=account, codes_too=options.codes)
    return _tell_password(options, options.name, password)


def _disable(session: Session, options: argparse.Namespace) -> int:
    account = find_account(session.db, session.scope, name=options.name)
    disable_account(session.db, session.scope, account_id=account)
    return _tell_done(options, "disabled")


def _enable(session: Session, options: argparse.Namespace) -> int:
    account = find_account(session.db, session.scope, name=options.name)
    enable_account(session.db, session.scope, account_id=account)
    return _tell_done(options, "enabled")


def _import(session: Session, options: argparse.Namespace) -> int:
    made = import_accounts(session.db, session.scope, options.file)
    if options.out:
        _write(options.out, made)
        tell(text("cli.accounts.written", path=options.out.name))
    if options.json:
        shown = [asdict(one) if not options.out else {"name": one.name} for one in made]
        print_json({"created": len(made), "accounts": shown})
    elif options.out:
        print(text("cli.accounts.imported", n=len(made)))
    else:
        print_table(
            [text("account.shown.name"), text("account.shown.person_name"), text("account.shown.password")],
            [[one.name, one.person_name, one.password] for one in made],
        )
    return DONE


def _write(path: Path, made: list[NewAccount]) -> None:
    heads = [text(f"account.shown.{name}") for name in ("name", "person_name", "password")]
    # Only for who runs this: it holds passwords.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(heads)
        writer.writerows([one.name, one.person_name, one.password] for one in made)


def _tell_password(options: argparse.Namespace, name: str, password: str) -> int:
    if options.json:
        print_json({"name": name, "password": password})
    else:
        print(text("cli.accounts.password", name=name, password=password))
    return DONE


def _tell_done(options: argparse.Namespace, state: str) -> int:
    if options.json:
        print_json({"name": options.name, "state": state})
    else:
        print(text(f"cli.accounts.{state}", name=options.name))
    return DONE


def _say(value: object) -> str:
    return text("account.shown.yes" if value else "account.shown.no") if isinstance(value, bool) else str(value)


def run_serve(options: argparse.Namespace) -> int:
    """Start the app at an address and stay until it ends. Raises `Invalid` where that would not be safe."""
    names = options.name or ([] if options.host in {"0.0.0.0", "::"} else [options.host])  # noqa: S104 - a comparison
    public = bool(options.name or options.behind_proxy) or not is_this_machine(options.host)
    if bool(options.tls_cert) != bool(options.tls_key):
        raise Invalid("unsafe.plain")
    with open_session(options) as session:
        path = session.db.path.resolve()
        if public:
            _require_safe(session, options, names)
    command = [
        sys.executable, "-m", "streamlit", "run", str(_ROOT / "app.py"),
        "--server.address", options.host, "--server.port", str(options.port),
    ]  # fmt: skip
    environment = {**os.environ, "GEO_DB": str(path)}
    if options.tls_cert:
        for option, file in (("--server.sslCertFile", options.tls_cert), ("--server.sslKeyFile", options.tls_key)):
            if not file.is_file():
                raise Invalid("cli.no_file", path=file.name)
            command += [option, str(file.resolve())]
        environment["GEO_TLS"] = "1"
    if public:
        for name in ("127.0.0.1", "localhost", "::1", *names):
            command += ["--server.allowedHosts", name]
        # What the proxy says of a way is read by our gate alone.
        environment |= {
            "GEO_HOSTS": ",".join(names),
            "GEO_PROXY": ",".join(options.behind_proxy),
            "FORWARDED_ALLOW_IPS": "",
        }
    tell(text("cli.serve.starts", host=options.host, port=str(options.port)))
    return _become(command, environment)


def _become(command: list[str], environment: dict[str, str]) -> int:
    """Run the server in the place of this process, so that whoever ends the one ends the other; Windows cannot."""
    if os.name == "posix":
        os.chdir(_ROOT)
        sys.stdout.flush()
        os.execve(command[0], command, environment)  # noqa: S606 - ourselves
    return subprocess.run(command, cwd=_ROOT, env=environment, check=False).returncode  # noqa: S603 - ourselves


def _require_safe(session: Session, options: argparse.Namespace, names: list[str]) -> None:
    if session.db.is_demo:
        raise Invalid("unsafe.demo")
    if not has_accounts(session.db):
        raise Invalid("unsafe.no_accounts")
    if not (options.tls_cert and options.tls_key) and not options.behind_proxy:
        raise Invalid("unsafe.plain")
    if not names:
        raise Invalid("unsafe.hosts")


_ACTIONS: Final[dict[str, Callable[[Session, argparse.Namespace], int]]] = {
    "list": _list,
    "create": _create,
    "disable": _disable,
    "enable": _enable,
    "change": _change,
    "reset": _reset,
    "import": _import,
}
