"""What programs that write no RFC 3464 tell people in plain text: who failed, and what was said of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.model.returned import Part, ReturnedMail

_LONGEST = 32_000
_MOST = 100

#: Where the report ends and the mail that came back begins.
_END = re.compile(
    r"^(?:"
    r"[\s*>_=-]*(?:begin |start of )?"
    r"(?:original|returned|unsent|forwarded|bounced|undelivered|failed|enclosed) "
    r"(?:message|mail)(?: (?:headers?|follows|text|body|below|attached))*[\s*_=:.-]*$"
    r"|[\s*=-]*(?:the )?(?:unsent|original|returned) (?:message|mail) (?:follows|is|was included)"
    r"|[\s*=-]*below (?:this line )?(?:is|are|follows) (?:a copy|the (?:original|first|header|message))"
    r"|[\s*=-]*(?:this|here|the following|included) is (?:a copy|the (?:header|original))"
    r"|[\s*=-]*(?:a copy of )?(?:the )?(?:first \d+ lines|headers?) (?:of|from) (?:the|your) "
    r"(?:original|message)"
    r"|[\s*=-]*the header of the original|[\s*=-]*your original message|[\s*=-]*message headers? follow"
    r"|[\s*=-]*(?:ursprüngliche nachricht|original-nachricht|message d'origine|mensaje original)"
    r"|[\s*=-]*(?:messaggio originale|mensagem original|исходное сообщение|元のメッセージ)"
    r"|received: (?:from|by|\()|return-path: ?<|dkim-signature: |from \S+@\S+ \w{3} \w{3} "
    r")",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[^\s<>\"'():;,\[\]]{1,120}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,200}[A-Za-z0-9])?"
_LEADS = (
    r"recipient(?: address|s)?|to|addressed to|failed (?:recipient|address)|(?:could not be )?delivered to"
    r"|rcpt to|address|an|à|para|destinatario|empfänger|destinataire|получатель|宛先|user|mailbox"
    r"|original-recipient"
)
#: Where a line is about an address: it stands alone, or in front, or behind a word such as Recipient.
_ALONE = re.compile(rf"^[\s*•·>-]{{0,40}}[<\"']?({_ADDRESS})[>\"']?(?:[\s:;,.(].{{0,400}})?$", re.MULTILINE)
_NAMED = re.compile(rf"(?:\b(?:{_LEADS})\b)\s*[:：]?\s*[<\"']?({_ADDRESS})", re.IGNORECASE)
_ANY = re.compile(rf"[<\"']?({_ADDRESS})[>\"']?")
_FAILED = re.compile(r"[^\s<>,;\"]{1,256}@[^\s<>,;\"]{1,256}")


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient, and what the text says of it."""

    recipient: str
    said: str


def report_of(mail: ReturnedMail) -> str:
    """The text for people, as far as the mail that came back; HTML only where there is no text."""
    texts = _texts(mail.parts, "text/plain") or _texts(mail.parts, "text/html")
    text = "\n".join(texts)[:_LONGEST]
    end = _END.search(text)
    # A text that begins with its end is one whose report is somewhere else.
    return text if end is None or not text[: end.start()].strip() else text[: end.start()]


def enclosed_in(mail: ReturnedMail) -> str:
    """What follows the report in the same text: the head of the mail that came back."""
    text = "\n".join(_texts(mail.parts, "text/plain"))[:_LONGEST]
    end = _END.search(text)
    return "" if end is None else text[end.start() :]


def _texts(parts: Sequence[Part], type: str) -> list[str]:
    """Of the report alone: what follows an enclosed message is part of it."""
    found = []
    for part in parts:
        if part.type.startswith("message/rfc822") or "rfc822-header" in part.type:
            break
        if part.type == type and part.text.strip():
            found.append(part.text)
    return found


def failed_in(mail: ReturnedMail, text: str) -> list[Failed]:
    """Everybody who did not get it. `text` is the report."""
    named = _named_in_header(mail)
    ours = {address.lower() for address in _FAILED.findall(mail.header("to"))} - set(named)
    places = _places(text, set(named), ours)
    if not places:
        return [Failed(one, text) for one in named] or _only_one(text, ours)
    if len(places) == 1:
        return [Failed(places[0][1], text)]
    ends = [start for start, _ in places[1:]] + [len(text)]
    return [
        Failed(address, _segment(text, start, end))
        for (start, address), end in zip(places, ends, strict=True)
    ]


def _named_in_header(mail: ReturnedMail) -> list[str]:
    """Exim and Google name them in a header."""
    found: dict[str, None] = {}
    for name, value in mail.headers:
        if name == "x-failed-recipients":
            found |= dict.fromkeys(address.lower() for address in _FAILED.findall(value))
    return list(found)[:_MOST]


def _places(text: str, named: set[str], ours: set[str]) -> list[tuple[int, str]]:
    """Where each one is first spoken of, in order."""
    found: dict[str, tuple[int, str]] = {}
    for pattern in (_ALONE, _NAMED) if not named else (_ANY,):
        for match in pattern.finditer(text):
            address = match[1].strip(".").rstrip(">")
            key = address.lower()
            if (not named or key in named) and key not in ours and key not in found:
                found[key] = (match.start(), address)
        if found:
            break
    return sorted(found.values())[:_MOST]


def _segment(text: str, start: int, end: int) -> str:
    """What is said of one of several. Where nothing is, what is said of all: the text before the list."""
    own = text[start:end]
    without = _ANY.sub("", own).strip(" \n\t<>:;,.*-•")
    return own if len(without) > 3 else f"{own}\n{text}"


def _only_one(text: str, ours: set[str]) -> list[Failed]:
    """No line is about anybody: the first address that is not the one the report was sent to, if any."""
    found = [match[1] for match in _ANY.finditer(text) if match[1].lower() not in ours]
    return [Failed(found[0] if found else "", text)]
