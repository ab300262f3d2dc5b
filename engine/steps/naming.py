"""The names that steps give to what they found, for later messages: `as: gift` makes `gift.code`."""

from __future__ import annotations

import re
from typing import Any, Final

from engine.steps.contract import Reader
from engine.steps.rules import BAD_NAME

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

#: What a message knows anyway (language.md §7) or uses itself.
TAKEN: Final = frozenset(
    (
        *("contact", "trigger", "with", "step", "journey", "product", "links", "now", "today", "sender"),
        *(
            "locale",
            "currency",
            "transactional",
            "content",
            "subject",
            "preheader",
            "forloop",
            "tablerowloop",
        ),
        *("event", "item", "true", "false", "nil", "null", "empty", "blank", "and", "or", "not", "contains"),
    )
)

NAME_SCHEMA: Final[dict[str, Any]] = {
    "type": "string",
    "minLength": 1,
    "description": "The name in later messages.",
}


def read_name(name: str, reader: Reader, at: tuple[str, ...], example: str) -> str | None:
    """Small letters, digits and underscores, and nothing that is there already."""
    if name in TAKEN:
        message = f"`{name}` means something else in messages already."
    elif not _NAME.fullmatch(name):
        message = f"`{name}` cannot be a name in messages."
    else:
        return name
    help = f"Write small letters, digits and underscores, such as `as: {example}`."
    reader.wrong(at, BAD_NAME, message, help)
    return None
