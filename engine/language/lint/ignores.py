"""`# lint: ignore CODE — reason`: a remark that somebody has read and answered is not told again.

It holds for its own line and the one below. Without a reason it does nothing, and one that nothing is found
for is told, so that answers do not outlive their questions. Errors cannot be ignored.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from engine.language.lint.contract import Example
from engine.language.messages import ENDINGS
from engine.model.fault import Fault
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean

UNUSED: Final = "J795"
NO_REASON: Final = "J796"
UNKNOWN_CODE: Final = "J797"

#: Code → what it means, in one sentence, as in the tables of faults.
IGNORE_RULES: Final[Mapping[str, str]] = {
    UNUSED: "An ignore comment stands where nothing of the kind is found.",
    NO_REASON: "An ignore comment gives no reason.",
    UNKNOWN_CODE: "An ignore comment names no code that there is.",
}
_COMMENT: Final = re.compile(
    r"(?P<whole>(?:#|\{%-?\s*#)\s*lint:\s*ignore\b[ \t]*(?P<codes>[A-Z]\w*(?:[ \t]*,[ \t]*[A-Z]\w*)*)?"
    r"(?:[ \t]*(?:—|–|:|-{1,2})[ \t]*(?P<reason>[^\r\n]*?))?)[ \t]*(?:-?%\}|\r?$)",
    re.MULTILINE,
)


@dataclass(slots=True)
class _Ignore:
    """One code of one comment; `is_used` is set when it has kept something back."""

    code: str
    line: int
    place: SourcePosition
    is_used: bool = False


def without_ignored(
    faults: list[Fault], files: Mapping[str, bytes], codes: Collection[str], unread: Collection[str]
) -> list[Fault]:
    """What is left to tell, with what is wrong with the comments themselves.

    `codes` are all there are; in `unread` files lint has not looked, so nothing can be said to be unused.
    """
    ignores: dict[str, list[_Ignore]] = {}
    told: list[Fault] = []
    for file, content in files.items():
        if b"lint:" in content and file.endswith((".yaml", *ENDINGS)):
            ignores[file] = list(_read(file, content.decode("utf-8", "replace"), codes, told))
    kept = [fault for fault in faults if not _is_ignored(fault, ignores)]
    unused = (
        _unused(one)
        for file, found in ignores.items()
        for one in found
        if not one.is_used and file not in unread
    )
    return [*kept, *told, *unused]


def _is_ignored(fault: Fault, ignores: Mapping[str, list[_Ignore]]) -> bool:
    if fault.severity == "error":
        return False
    place = fault.position
    for one in ignores.get(place.file, ()):
        if one.code == fault.rule and one.line in (place.line, place.line - 1):
            one.is_used = True
            return True
    return False


def _read(file: str, text: str, codes: Collection[str], told: list[Fault]) -> Iterator[_Ignore]:
    for found in _COMMENT.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        place = SourcePosition(file, line, column, line, column + len(found["whole"].rstrip()))
        named = re.findall(r"\w+", found["codes"] or "")
        unknown = [code for code in named if code not in codes]
        if not named or unknown:
            told.append(_no_code(place, unknown, codes))
        elif not (found["reason"] or "").strip():
            message = "This comment gives no reason, so it ignores nothing."
            help = f"Write why, behind a dash: `# lint: ignore {named[0]} — agreed with the legal team`."
            told.append(Fault(place, "warning", NO_REASON, message, help))
        else:
            yield from (_Ignore(code, line, place) for code in named)


def _no_code(place: SourcePosition, unknown: list[str], codes: Collection[str]) -> Fault:
    if not unknown:
        message = "This comment does not say which remark it ignores."
        return Fault(place, "warning", UNKNOWN_CODE, message, "Write `# lint: ignore CODE — reason`.")
    message = f"There is no code `{unknown[0]}`.{did_you_mean(unknown[0], codes)}"
    return Fault(place, "warning", UNKNOWN_CODE, message, "Write the code that validation has shown.")


def _unused(ignore: _Ignore) -> Fault:
    message = f"`{ignore.code}` is not found here, neither in this line nor in the next."
    help = "Take the comment away, or put it directly above the line that it is about."
    return Fault(ignore.place, "warning", UNUSED, message, help)


#: Code → an example in which it is told, and one in which it is not.
IGNORE_EXAMPLES: Final[Mapping[str, tuple[Example, Example]]] = {
    UNUSED: (
        Example(
            "defaults: { topic: news, quiet_hours: 21:00-08:00 }\n"
            "# lint: ignore J772 — the shop is called Wow!!!\n"
        ),
        Example(
            "steps:\n"
            "  # lint: ignore J772 — the shop is called Wow!!!\n"
            '  - { id: hello, send: email, subject: "Welcome to Wow!!!", body: Thank you for signing up. }\n'
        ),
    ),
    NO_REASON: (
        Example("# lint: ignore J733\nre_entry: never\n"),
        Example("trigger: { event: Signed Up }  # lint: ignore J733 — a welcome comes once\n", ("re_entry",)),
    ),
    UNKNOWN_CODE: (
        Example("# lint: ignore J73 — a welcome comes once\nre_entry: never\n"),
        Example("trigger: { event: Signed Up }  # lint: ignore J733 — a welcome comes once\n", ("re_entry",)),
    ),
}
