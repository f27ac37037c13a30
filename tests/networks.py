"""The app as it stands on an office network, looked at from outside: `tests.test_network`, `benchmarks.drills`."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from geo.accounts import create_account
from geo.store.database import Database
from tests.conftest import ROOT, find_free_port, serve
from tests.gatehouse import BOSS, OWN_PASSWORD, add_boss, make_real
from tests.world import build_world

#: The name people open the app by (RFC 2606).
NAME: Final = "visits.example"
GUIDE: Final = ROOT / "docs" / "admin-guide.md"
#: Headers by which a proxy elsewhere would name a user, and by which somebody would name another way.
NAMING: Final = {
    "X-Forwarded-User": "boss", "Remote-User": "boss", "X-Auth-Request-User": "boss", "X-Streamlit-User": "boss",
    "X_Remote_User": "boss", "Authorization": "Basic Ym9zczpib3Nz", "Cookie": "geo_browser=" + "b" * 43,
    "X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "http", "Forwarded": "for=203.0.113.9",
}  # fmt: skip
ON_EVERY_ANSWER: Final = {
    "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "x-frame-options": "SAMEORIGIN",
    "cross-origin-opener-policy": "same-origin", "cross-origin-resource-policy": "same-origin",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stand:
    """A running app: the port to ask, who signed for it, and its file."""

    port: int
    trust: ssl.SSLContext
    db: Database
    first: str


def write_certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate for `NAME` that signs for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return paths


@contextmanager
def stand_with_tls(folder: Path) -> Iterator[Stand]:
    """Give the app with a certificate of its own, as `serve --tls-cert` starts it."""
    port = find_free_port()
    cert, key = write_certificate(folder)
    with _stand(folder, port, port, ["--tls-cert", str(cert), "--tls-key", str(key)], tls=True) as stand:
        yield stand


@contextmanager
def stand_behind_nginx(folder: Path) -> Iterator[Stand]:
    """Give the app behind nginx, with the block of the administrator's guide."""
    inner, outer = find_free_port(), find_free_port()
    write_certificate(folder)
    with (
        _stand(folder, inner, outer, ["--behind-proxy", "127.0.0.1"], tls=False) as stand,
        _nginx(folder, inner, outer),
    ):
        yield stand


@contextmanager
def _stand(folder: Path, inner: int, outer: int, words: list[str], *, tls: bool) -> Iterator[Stand]:
    db = build_world(folder / "geo.sqlite")
    make_real(db)
    add_boss(db)
    first = create_account(db, BOSS, name="ann", role="leader", area="t1")
    trust = ssl.create_default_context(cafile=folder / "cert.pem")
    command = [sys.executable, "-m", "geo", "serve", "--db", str(db.path), "--port", str(inner), "--name", NAME, *words]
    near = ssl.create_default_context(cafile=folder / "cert.pem")
    near.check_hostname = False
    address = f"{'https' if tls else 'http'}://127.0.0.1:{inner}"
    with serve(command, address, environment={}, log=folder / "app.log", trust=near if tls else None):
        yield Stand(outer, trust, db, first)
    db.close()


def read_block() -> str:
    """Return the nginx block of the administrator's guide."""
    found = re.search(r"~~~\n(location / \{.*?)~~~", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    return found[1]


@contextmanager
def _nginx(folder: Path, inner: int, outer: int) -> Iterator[None]:
    program = shutil.which("nginx")
    assert program, "nginx is not installed"
    block = read_block().replace("127.0.0.1:8501", f"127.0.0.1:{inner}")
    scratch = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    conf = folder / "nginx.conf"
    conf.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\nevents {{}}\nhttp {{\n{scratch}"
        f"access_log off;\nserver {{\nlisten 127.0.0.1:{outer} ssl;\nserver_name {NAME};\n"
        f"ssl_certificate {folder}/cert.pem;\nssl_certificate_key {folder}/key.pem;\n{block}}}\n}}\n",
        encoding="utf-8",
    )
    with subprocess.Popen([program, "-c", str(conf), "-e", f"{folder}/nginx.log"]) as process:
        try:
            _wait_for(outer)
            yield
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


class _Asking(http.client.HTTPSConnection):
    """A connection to the name, which leads to this machine."""

    def __init__(self, stand: Stand) -> None:
        super().__init__(NAME, stand.port, context=stand.trust, timeout=30)
        self._stand = stand

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", self._stand.port), timeout=30)
        self.sock = self._stand.trust.wrap_socket(plain, server_hostname=NAME)


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: status, headers by lower-case name, cookies as they were set, body."""

    status: int
    headers: dict[str, str]
    cookies: list[str]
    body: bytes


def ask(stand: Stand, path: str, *, form: dict[str, str] | None = None, host: str = "", **headers: str) -> Said:
    """Ask over TLS, as a browser does; `form` is sent."""
    asking = _Asking(stand)
    sent = {"Host": host or f"{NAME}:{stand.port}", **headers}
    body = urllib.parse.urlencode(form) if form is not None else None
    if form is not None:
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    asking.request("GET" if form is None else "POST", path, body, sent)
    answer = asking.getresponse()
    said = Said(
        answer.status,
        {name.lower(): value for name, value in answer.getheaders()},
        answer.headers.get_all("set-cookie") or [],
        answer.read(),
    )
    asking.close()
    return said


def open_socket(stand: Stand, cookie: str, *, origin: str = "") -> ClientConnection:
    """Open the socket that runs pages. Raises `InvalidStatus` where it is refused."""
    return connect(
        f"wss://{NAME}:{stand.port}/_stcore/stream", address=("127.0.0.1", stand.port), ssl=stand.trust,
        server_hostname=NAME, proxy=None, subprotocols=["streamlit"], additional_headers={"Cookie": cookie} if cookie else None,
        origin=origin or f"https://{NAME}:{stand.port}",
    )  # fmt: skip


def look_from_outside(stand: Stand) -> list[tuple[str, str]]:
    """Go through what must hold on a network; return what was tried and what came of it."""
    return [
        ("a page without a session", _look_without_session(stand)),
        ("headers and cookies that name a user or a way", _look_with_names(stand)),
        ("another name of the host", f"{_require(ask(stand, '/login', host='evil.example').status, 421)}"),
        ("a login", _look_at_login(stand)),
        ("the socket that runs pages", _look_at_socket(stand)),
        ("plain HTTP at the port of TLS", _look_plainly(stand)),
    ]


def _require(found: object, wanted: object) -> object:
    assert found == wanted, (found, wanted)
    return found


def _look_without_session(stand: Stand) -> str:
    for path in ("/", "/gaps", "/login", "/_stcore/host-config", "/own/guard.js", "/exports/x", "/healthz"):
        said = ask(stand, path)
        _require({name: said.headers.get(name) for name in ON_EVERY_ANSWER}, ON_EVERY_ANSWER)
        assert "max-age=31536000" in said.headers["strict-transport-security"], path
        policy = said.headers["content-security-policy"]
        assert "default-src" in policy, path
        assert "frame-ancestors" in policy, path
        assert "unsafe-eval" not in policy, path
    _require(ask(stand, "/gaps").status, 303)
    _require(ask(stand, "/gaps").headers["location"], "/login?next=%2Fgaps")
    _require(ask(stand, "/own/guard.js").status, 401)
    return "303 to the login; 401 for files; every header there, HSTS too"


def _look_with_names(stand: Stand) -> str:
    for path, status in (("/gaps", 303), ("/_stcore/host-config", 401), ("/exports/x", 401)):
        _require(ask(stand, path, **NAMING).status, status)
    wrong = {"name": "ann", "password": "wrong words here"}
    _require(ask(stand, "/login", form=wrong, **NAMING).status, 401)
    with stand.db.read() as connection:
        addresses = connection.exec_driver_sql("SELECT DISTINCT address FROM login_attempt").scalars().all()
    _require(addresses, ["127.0.0.1"])
    return "nothing opens by them; a wrong password is counted for the address it came from"


def _look_at_login(stand: Stand) -> str:
    """Come in as somebody with a first password, change it, and hold the session."""
    elsewhere = ask(stand, "/login", form={"name": "ann", "password": stand.first}, Origin="https://evil.example")
    said = ask(stand, "/login", form={"name": "ann", "password": stand.first})
    _require((said.status, len(said.cookies)), (303, 1))
    _require(said.headers.get("cache-control"), "no-store")
    assert elsewhere.status in {303, 403}
    name, _, rest = said.cookies[0].partition("=")
    _require(name, "__Host-geo_session")
    _require(rest.partition(";")[2], " Path=/; HttpOnly; SameSite=Strict; Secure")
    form = {"old": stand.first, "new": OWN_PASSWORD, "again": OWN_PASSWORD}
    _require(ask(stand, "/account/password", form=form, Cookie=said.cookies[0].split(";")[0]).status, 303)
    return "`__Host-geo_session`, `Secure; HttpOnly; SameSite=Strict`"


def _look_at_socket(stand: Stand) -> str:
    """The socket opens for a session from a page of ours alone, and a page runs through it."""
    cookie = ask(stand, "/login", form={"name": "ann", "password": OWN_PASSWORD}).cookies[0].split(";")[0]
    for sent, origin in (("", ""), (cookie, "https://evil.example")):
        try:
            open_socket(stand, sent, origin=origin).close()
        except InvalidStatus as refused:
            _require(refused.response.status_code, 403)
        else:
            raise AssertionError(origin)
    page = ask(stand, "/gaps", Cookie=cookie)
    _require((page.status, page.headers["cache-control"]), (200, "no-store"))
    _require(json.loads(ask(stand, "/_stcore/host-config", Cookie=cookie).body)["allowedOrigins"], [])
    with open_socket(stand, cookie) as opened:
        asked = BackMsg()
        asked.rerun_script.page_name = "gaps"
        opened.send(asked.SerializeToString())
        kinds = set()
        while "script_finished" not in kinds:
            told = ForwardMsg()
            told.ParseFromString(opened.recv(timeout=60))
            kinds.add(told.WhichOneof("type"))
    assert {"new_session", "delta"} <= kinds
    return "403 without a session and from another origin; with one a page runs to its end"


def _look_plainly(stand: Stand) -> str:
    asking = http.client.HTTPConnection("127.0.0.1", stand.port, timeout=10)
    try:
        asking.request("GET", "/login", headers={"Host": NAME})
        status = asking.getresponse().status
    except (http.client.HTTPException, OSError):
        return "no answer"
    finally:
        asking.close()
    _require(status, 400)
    return "400"
