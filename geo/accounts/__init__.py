"""Who may come in: accounts, passwords, second factors, tries, sessions. What they may then do is `geo.access`."""

from geo.accounts.entering import enter, has_accounts
from geo.accounts.people import (
    Account,
    create_account,
    create_first_account,
    disable_account,
    enable_account,
    grant_exports,
    list_accounts,
    move_account,
    reset_account,
)
from geo.accounts.sessions import Entered, end_session, find_session, list_ended, touch_session

__all__ = [
    "Account",
    "Entered",
    "create_account",
    "create_first_account",
    "disable_account",
    "enable_account",
    "end_session",
    "enter",
    "find_session",
    "grant_exports",
    "has_accounts",
    "list_accounts",
    "list_ended",
    "move_account",
    "reset_account",
    "touch_session",
]
