"""The app on a network: started by its own command, with TLS, looked at from outside."""

from __future__ import annotations

from pathlib import Path

from tests.networks import look_from_outside, stand_with_tls


def test_the_app_with_a_certificate_of_its_own(tmp_path: Path) -> None:
    """Over TLS nothing opens without a session, by no header and no other name; cookies are secure, sockets work.

    `python -m benchmarks.drills` looks at the same behind nginx, with the block of the administrator's guide.
    """
    with stand_with_tls(tmp_path) as stand:
        assert len(look_from_outside(stand)) == 6
    log = (tmp_path / "app.log").read_text(encoding="utf-8")
    assert "Traceback" not in log
