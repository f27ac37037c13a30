"""What nobody foresaw: a code for the person who met it, the whole of it in the log and nowhere else."""

from __future__ import annotations

import logging
import uuid

_LOG = logging.getLogger(__name__)
_DIGITS = 8


def note_incident(what: str) -> str:
    """Log the exception that is being handled, with its traceback, and return the code it can be found by.

    `what` is ours, in English; of the exception nothing may reach a page: it can hold paths, SQL and names of people.
    """
    code = uuid.uuid4().hex[:_DIGITS]
    _LOG.exception("incident %s: %s", code, what)
    return code
