"""How personal data is shown to those who may not see it: 张*, 138****5678."""

from __future__ import annotations

_PHONE_DIGITS = 11


def mask_name(name: str) -> str:
    """Return the first character and an asterisk; an empty name stays empty."""
    return f"{name[0]}*" if name else ""


def mask_phone(phone: str) -> str:
    """Return the first three and last four digits of a phone; a short number is hidden whole."""
    if not phone:
        return ""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= _PHONE_DIGITS else "****"
