"""A server's answer taken apart: reply code, enhanced code, the command that was answered, the words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

#: Which command was answered. Who refuses after DATA took the address before it saw the message.
Phase = Literal["connect", "mail", "rcpt", "data", "rule"]

_LONGEST = 4_000

#: An enhanced code stands behind a reply code, behind #, in brackets, or at the very beginning; failing
#: that, anywhere it cannot be part of an address or of a version.
_ENHANCED = (
    re.compile(
        r"(?:\b[245]\d\d[ :-]+#?\(?|#\(?|[(\[]|^[\s<]*)([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)", re.MULTILINE
    ),
    re.compile(r"(?<![\w./-])([45]\.\d\.\d{1,3})(?![\d.]*[\d-])"),
)
_REPLY = re.compile(r"(?:^|[\s:;>(\[])([45][0-5]\d)(?=[ -]|$|[)\]:,])", re.MULTILINE)
_ADDRESS = re.compile(r"[^\s<>\"'():;,\[\]]{1,256}@[^\s<>\"'():;,\[\]]{1,256}")
_CONTINUED = re.compile(r"\b[245]\d\d(?:-|[ ](?=#?[245]\.\d))\s?(?:#?[245]\.\d{1,3}\.\d{1,3})?")
#: What reports repeat of our own mail.
_ABOUT_OURS = re.compile(
    r"^[ \t]*(?:with )?(?:subject|betreff|objet|asunto|assunto|oggetto|件名)[ \t]*[:：].*$", re.I | re.M
)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"'})

#: How programs name the command that was answered; the one that stands last in the text counts.
_COMMAND = re.compile(
    r"(?:in reply to|after|in response to|during|response to|smtp[:;]|^\s*>>>|^sent <<<|\(state|\[)[\s:;]*"
    r"(?:end of |the |smtp |sending |initial )*"
    r"(connect|helo|ehlo|mail|rcpt|data|\.|message (?:body|data)|pipelined data|1[2348])(?:\b|_)"
    r"|(mailbox unavailable \(-?\d+:\d+:-?\d+\)|does not like recipient"
    r"|rejected address|rcpt to:?(?: ?<[^<>]{0,200}>)? (?:generated|command))"
    r"|(failed after i sent the message|doesn't have a \S+ account)"
    r"|(inbound-smtp\.[\w.-]+\.amazonaws\.com)",
    re.IGNORECASE | re.MULTILINE,
)
_PHASES: dict[str, Phase] = {
    "connect": "connect",
    "helo": "connect",
    "ehlo": "connect",
    "mail": "mail",
    "12": "mail",
    "13": "rcpt",
    "14": "rcpt",
    "rcpt": "rcpt",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """`words` are in small letters, on one line, without addresses, which may spell anything."""

    reply: str
    enhanced: str
    phase: Phase | None
    words: str

    @property
    def is_temporary(self) -> bool:
        """By either code: where they differ, the milder one counts."""
        return self.reply.startswith("4") or self.enhanced.startswith("4")


def read_answer(text: str, context: str = "") -> Answer:
    """`context` is what stands around the answer and may say which command it was."""
    text = _ABOUT_OURS.sub("", text[:_LONGEST])
    reply = _REPLY.search(text)
    return Answer(
        reply[1] if reply else "",
        next((found[1] for pattern in _ENHANCED if (found := pattern.search(text))), ""),
        _phase(text) or _phase_around(text, context[:_LONGEST]),
        _words(text),
    )


def _words(text: str) -> str:
    plain = _ADDRESS.sub("@", text.translate(_QUOTES).lower())
    return " ".join(_CONTINUED.sub(" ", " ".join(plain.split())).split())


def _phase(text: str) -> Phase | None:
    """Yahoo knows its people only once it has the message, and Amazon SES asks somebody's rules even later.
    Outlook.com's numbers in brackets stand behind an answer to RCPT."""
    named = _COMMAND.findall(text)
    if not named:
        return None
    command, is_rcpt, is_data, is_rule = named[-1]
    if is_rcpt or is_data or is_rule:
        return "rcpt" if is_rcpt else "data" if is_data else "rule"
    return _PHASES.get(command.lower(), "data")


def _phase_around(text: str, context: str) -> Phase | None:
    """In a transcript the command stands above its answer (`>>> DATA`, `<<< 550 …`)."""
    first = " ".join(text.split())[:24]
    answered = re.search(rf"^<<< ?{re.escape(first)}", context, re.MULTILINE) if len(first) > 8 else None
    place = answered.start() if answered else context.find(first) if len(first) > 8 else -1
    if place >= 0:
        return _phase(context[:place]) or _phase(context[place:])
    return _phase(context)
