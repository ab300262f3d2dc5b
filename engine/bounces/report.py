"""The machine's part of a bounce: RFC 3464 delivery-status, also by those who have not read it.

Blank lines between groups are missing, doubled or in the middle of a field; so a group begins where a field
comes again that a group has once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.model.returned import Part

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]{1,60})\s*:\s?(.*)")
_OF_A_RECIPIENT = frozenset(
    {
        "final-recipient",
        "original-recipient",
        "action",
        "status",
        "diagnostic-code",
        "remote-mta",
        "last-attempt-date",
        "final-log-id",
        "will-retry-until",
    }
)
_OF_THE_MESSAGE = frozenset(
    {
        "reporting-mta",
        "original-envelope-id",
        "dsn-gateway",
        "received-from-mta",
        "arrival-date",
        "received-from",
    }
)
#: PowerMTA's own judgement, where it gives no code that says anything.
_POWERMTA = {"bad-mailbox": "5.1.1", "bad-domain": "5.1.2", "quota-issues": "5.2.2", "spam-related": "5.7.1"}
_NAMES_ONE = frozenset({"final-recipient", "original-recipient"})
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_ADDRESS = re.compile(r"[^\s<>;,\"()]{1,256}@[^\s<>;,\"()]{1,256}")
_MOST = 500


@dataclass(slots=True)
class Group:
    """The fields of one recipient, by name in small letters."""

    fields: dict[str, str] = field(default_factory=dict)

    def says(self, name: str) -> str:
        """The field, or nothing."""
        return self.fields.get(name, "")

    @property
    def recipient(self) -> str:
        """Whom it was for; the original address, where it was another, is one of `recipients`."""
        found = self.recipients
        return found[0] if found else ""

    @property
    def recipients(self) -> list[str]:
        """The final and the original address."""
        return [
            one
            for name in ("final-recipient", "original-recipient", "x-actual-recipient")
            if (one := _address(self.says(name)))
        ]

    @property
    def action(self) -> str:
        """In small letters: failed, delayed, delivered, relayed, expanded, or whatever was written."""
        return self.says("action").strip().lower().split(" ")[0].strip("\"'.")

    @property
    def status(self) -> str:
        """The enhanced code, without the words that some put behind it."""
        found = _STATUS.search(self.says("status"))
        code = found[1] if found else ""
        judged = _POWERMTA.get(self.says("x-powermta-bouncecategory").strip().lower())
        return judged if judged and code in ("", "5.0.0", "5.2.1") else code

    @property
    def circumstances(self) -> str:
        """What else tells how it was refused: who reports, and in what words."""
        return f"{self.says('reporting-mta')} {self.says('status')}"

    @property
    def diagnosis(self) -> str:
        """What the other server said, without the type in front of it."""
        said = self.says("diagnostic-code")
        return re.sub(r"^\s*[\w.-]{1,40}\s*;\s*", "", said) if ";" in said[:48] else said


def _address(written: str) -> str:
    """Of `rfc822; <a@b>`. A name without a domain is taken as it stands."""
    written = written.partition(";")[2] or written
    found = _ADDRESS.search(written)
    return (found[0] if found else written.strip().strip("<>")).strip(".'\"")


def groups_of(parts: tuple[Part, ...]) -> list[Group]:
    """Every recipient that a delivery-status part speaks of."""
    texts = [part.text for part in parts if part.type.endswith("delivery-status")]
    return [group for text in texts for group in _groups(text)][:_MOST]


#: Where a report begins that somebody copied into the text for people.
_COPIED = re.compile(
    r"^[ \t]*(?:reporting-mta|final-recipient|original-recipient)[ \t]*:", re.I | re.MULTILINE
)


def groups_in(text: str) -> list[Group]:
    """The same where the report stands in the text itself; only whole ones, which say what was done."""
    begin = _COPIED.search(text)
    if begin is None:
        return []
    lines = "\n".join(line.strip() for line in text[begin.start() :].splitlines())
    found = [group for group in _groups(lines) if group.recipient and group.action]
    return found[:_MOST]


def _groups(text: str) -> Iterator[Group]:
    group, last, was_blank = Group(), "", False  # the first has the message's own fields as well
    for line in text.splitlines():
        if line.startswith("--"):
            break  # a boundary in the middle of a part: the rest belongs to somebody else
        named = _FIELD.match(line)
        name = named[1].lower() if named else ""
        if named and (name in _OF_A_RECIPIENT or name in _OF_THE_MESSAGE or name.startswith("x-")):
            is_next = was_blank and name in _NAMES_ONE and "action" in group.fields
            if name in _OF_A_RECIPIENT and (is_next or name in group.fields):
                yield group
                group = Group()
            group.fields[name] = named[2].strip()
            last = name
        elif line.strip() and last in group.fields:
            group.fields[last] += f" {line.strip()}"
        was_blank = not line.strip()
    if group.fields.keys() & _OF_A_RECIPIENT:
        yield group
