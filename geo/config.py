"""Configurable figures with their defaults (口径): one place for each; none is a law of nature."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

#: The zone whose calendar day a visit's date is.
ZONE: Final = "Asia/Shanghai"
#: The exclusion share above which a warning is shown (basis points).
EXCLUSION_WARN_BP: Final = 300
#: Days over which the present pace is measured.
PACE_DAYS: Final = 7
#: Visits not met from which a household counts as 上门未遇≥2次; rounds missed in a row from which it counts as 连漏.
MISSES_MARK: Final = 2
MISSED_ROUNDS_MARK: Final = 2
#: Counts by a trait of people below this are not said of a place wider than a village.
SMALL_COUNT: Final = 3
#: Days that are proposed to whoever is given a household to go to.
ASSIGN_DAYS: Final = 7
#: A round's default target (basis points) and programme.
TARGET_BP: Final = 9500
WHOLE_BP: Final = 10_000
PROGRAMME: Final = "visits"
#: Seconds a writer waits for another one before `Busy`.
BUSY_SECONDS: Final = 10.0
#: Days after closing in which the same problem reopens its issue; later it is a new one that names the old.
REOPEN_DAYS: Final = 90
#: Months after the last day of a programme until what it knows of people is due to be erased.
RETENTION_MONTHS: Final = 36
#: Days in which a batch of imported rows can be undone.
UNDO_DAYS: Final = 7
#: A photo of evidence: its largest file (MB), its most pixels, the longest side it is kept at, how many a thing has.
PHOTO_MB: Final = 10
PHOTO_PIXELS: Final = 60_000_000
PHOTO_SIDE: Final = 1600
PHOTOS_MOST: Final = 9
#: The largest file of roads or heights (MB).
WAYS_MB: Final = 300

#: Accounts: tries of one name and of one address in `ATTEMPT_MINUTES` before more are refused unchecked.
ATTEMPTS_OF_NAME: Final = 5
ATTEMPTS_OF_ADDRESS: Final = 50
ATTEMPT_MINUTES: Final = 15
#: Accounts: a session ends after so long without an act, and after so long at all.
IDLE_MINUTES: Final = 30
SESSION_HOURS: Final = 12
#: Accounts: how long a password is at least.
PASSWORD_LENGTH: Final = 10

DATA_DIR: Final = Path(__file__).parent.parent / "data"


@dataclass(frozen=True, slots=True)
class PriorityWeights:
    """Terms of a gap row's priority (domain §5): a plain sum, printed with the row."""

    tag: int = 30
    never: int = 20
    overdue_day: int = 1
    overdue_cap: int = 20
    misses: int = 10
    issue: int = 10
    issue_overdue: int = 5
    last_of_group: int = 5
    missed_round: int = 5


def database_path() -> Path:
    """Return the database file the app serves: `GEO_DB`, else the demo's."""
    return Path(os.environ.get("GEO_DB", DATA_DIR.parent / "var" / "demo.sqlite"))


def basemap_folder(database: Path) -> Path:
    """Return where archives of base maps lie that may be chosen on a page: `basemaps` beside the database."""
    return database.absolute().parent / "basemaps"


def works_alone() -> bool:
    """Say whether the app was started for one person on this machine, without accounts (`GEO_ALONE`)."""
    return os.environ.get("GEO_ALONE") == "1"


#: Argon2id: passes, KiB of memory, lanes (RFC 9106, second recommended option).
ARGON2_COST: Final = (3, 65536, 4)


def argon2_cost() -> tuple[int, int, int]:
    """Return what a password costs to check: `GEO_ARGON2` (passes,KiB,lanes; cheap in tests only), else the default."""
    asked = os.environ.get("GEO_ARGON2", "")
    if not asked:
        return ARGON2_COST
    passes, memory, lanes = (int(part) for part in asked.split(","))
    return passes, memory, lanes


def has_address() -> bool:
    """Say whether the settings tell where people open the app."""
    return bool(os.environ.get("GEO_ADDRESS"))


def app_address() -> str:
    """Return where people open the app, as printed codes say it: `GEO_ADDRESS`, else this machine."""
    return os.environ.get("GEO_ADDRESS", "http://127.0.0.1:8501")
