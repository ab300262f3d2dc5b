"""The complaint about a mail address that cannot be one; whether it reaches anybody, the mail will tell."""

from __future__ import annotations

import re

from engine.language import rules
from engine.model.fault import Mistake, Path, Report

_ADDRESS = re.compile(r"(?:[^<>\r\n]*<[^@\s<>,;]+@[^@\s<>,;]+>|[^@\s<>,;]+@[^@\s<>,;]+)")


def check_address(text: str, path: Path, report: Report) -> bool:
    """`hello@shop.example`, or `Example Shop <hello@shop.example>`; reported when it is neither."""
    if _ADDRESS.fullmatch(text):
        return True
    message = f"`{text}` is no mail address."
    help = 'Write `hello@shop.example`, or `"Example Shop <hello@shop.example>"`.'
    report(Mistake(path, rules.BAD_ADDRESS, message, help))
    return False
