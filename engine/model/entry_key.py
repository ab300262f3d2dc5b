"""A value as an entry key: keys compare as text, so 12 and "12" are one."""

from __future__ import annotations


def key_of(value: object) -> str | None:
    """None for what tells no two enrollments apart: nothing, an empty text, a list, a map."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) or None if isinstance(value, str | int | float) else None
