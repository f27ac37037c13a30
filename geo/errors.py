"""Errors of the product.

```
GeoError                     carries a message key and its parameters
├── NotAllowed               (PermissionError)  the scope has no right to do this here
├── NotFound                 (LookupError)      no such row
├── Invalid                  (ValueError)       the input breaks a rule; nothing was stored
│   └── FileRefused          the whole file is refused; `code` is one of `codes.FINDING_CODES`
├── Conflict                 (RuntimeError)     somebody else changed the row first
├── Busy                     (TimeoutError)     the database stayed locked for the whole waiting time
├── NoRoom                   (OSError)          the disk is full or cannot be written; nothing was stored
└── Stopped                  (InterruptedError) whoever waited stopped it; nothing was stored
```

What a person reads comes from the catalogue: `geo.i18n.text(error.key, **error.params)`.
"""

from __future__ import annotations


class Key(str):
    """A parameter that is itself a key of the catalogue: a code, said in the words of whoever reads it."""

    __slots__ = ()


class GeoError(Exception):
    """An error with a message key and parameters, so that every language can say it."""

    def __init__(self, key: str, **params: object) -> None:
        """Keep the key of the catalogue sentence and what to fill into it."""
        super().__init__(key, params)
        self.key = key
        self.params = params

    def __str__(self) -> str:
        """Return the key and its parameters: for logs, never for users."""
        return f"{self.key} {self.params}" if self.params else self.key


class NotAllowed(GeoError, PermissionError):
    """The scope has no right to do this here."""


class NotFound(GeoError, LookupError):
    """There is no such row, or the scope may not know of it."""


class Invalid(GeoError, ValueError):
    """The input breaks a rule; nothing was stored."""


class FileRefused(Invalid):
    """The whole file is refused; nothing was stored."""

    def __init__(self, code: str, **params: object) -> None:
        """Refuse a file with a finding code of `codes.FINDING_CODES`."""
        super().__init__(f"finding.{code}", **params)
        self.code = code


class Conflict(GeoError, RuntimeError):
    """Somebody else changed the row first."""


class Busy(GeoError, TimeoutError):
    """The database stayed locked for the whole waiting time; nothing was stored."""


class NoRoom(GeoError, OSError):
    """The disk is full or cannot be written; nothing was stored."""


class Stopped(GeoError, InterruptedError):
    """Whoever waited for a long work stopped it; nothing was stored."""
