"""The complaint about a mail address that cannot be one; whether it reaches anybody, the mail will tell."""

from __future__ import annotations

import re

from engine.language import rules
from engine.model.fault import Mistake, Path, Report

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")
_WITH_NAME = re.compile(rf"[^<>\r\n]*<{_ADDRESS.pattern}>")


def check_address(text: str, path: Path, report: Report, *, may_have_name: bool = True) -> bool:
    """`hello@shop.example`, or `Example Shop <hello@shop.example>`; reported when it is neither."""
    if _ADDRESS.fullmatch(text) or (may_have_name and _WITH_NAME.fullmatch(text)):
        return True
    message = f"`{text}` is no mail address."
    example = ', or `"Example Shop <hello@shop.example>"`' if may_have_name else ""
    help = f"Write `hello@shop.example`{example}."
    report(Mistake(path, rules.BAD_ADDRESS, message, help))
    return False
