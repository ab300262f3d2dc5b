"""Is it hard? Decided from codes and words; what is not certain is soft."""

from __future__ import annotations

from dataclasses import dataclass

from engine.bounces.answer import Answer
from engine.bounces.reasons import HARD, Reason
from engine.bounces.wordings import reasons_in

#: RFC 3463 and 5248, by subject and detail. Only codes that say something of their own.
_BY_CODE: dict[str, Reason] = {
    "1.1": "no_such_address",
    "1.2": "no_such_host",
    "1.3": "no_such_address",
    "1.6": "moved",
    "1.7": "sender_refused",
    "1.8": "sender_refused",
    "1.10": "no_mail_accepted",
    "2.1": "disabled",
    "2.2": "full",
    "2.3": "too_big",
    "3.1": "full",
    "3.4": "too_big",
    "4.1": "network",
    "4.2": "network",
    "4.3": "network",
    "4.4": "network",
    "4.5": "rate_limited",
    "4.6": "loop",
    "4.7": "expired",
    "5.3": "rate_limited",
    "7.23": "policy",
    "7.27": "sender_refused",  # RFC 7505: the sender's domain has a null MX
}
_BY_SUBJECT: dict[str, Reason] = {"2": "unknown", "3": "system", "4": "network", "6": "policy", "7": "policy"}

#: Said of the sender or of policy: whatever the words are, they are not about the recipient.
_NOT_THE_RECIPIENT: frozenset[Reason] = frozenset({"policy", "sender_refused", "full", "too_big", "loop"})

#: Exchange Online's answer from its directory, in words that sound like policy.
_DIRECTORY = "5.4.1"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Why, by the best of what was said, and whether no mail can arrive there any more."""

    reason: Reason
    is_hard: bool
    status: str


def judge(answer: Answer, status: str) -> Judgement:
    """`status` is the report's own field, which counts where the server's words hold no code."""
    code = _better(answer.enhanced, status)
    by_words = _by_words(answer, code)
    by_code = _reason_of(code)
    is_temporary = answer.is_temporary or status.startswith("4")
    reason = by_words or by_code or ("temporary" if is_temporary else "unknown")
    if reason in HARD:
        reason = _doubted(reason, by_words, by_code, code, answer)
    return Judgement(reason, reason in HARD and not is_temporary, code)


def _by_words(answer: Answer, code: str) -> Reason | None:
    words = answer.words
    if code == _DIRECTORY:
        words = words.replace("address rejected: access denied", "address rejected")
    first = next(reasons_in(words), None)
    if first == "disabled" and code == "5.1.1" and "temporar" not in answer.words:
        return "no_such_address"
    return first


def _doubted(
    reason: Reason, by_words: Reason | None, by_code: Reason | None, code: str, answer: Answer
) -> Reason:
    """A hard reason must stand against the code, and against the moment at which it was given."""
    if by_code in _NOT_THE_RECIPIENT:
        return by_code
    if answer.phase in ("connect", "mail") and by_words is None:
        return "sender_refused" if answer.phase == "mail" else "blocked"
    detail = code[1:]
    is_about_address = detail.startswith(".1.") and (detail != ".1.0" or by_words is not None)
    is_about_address = is_about_address or (code == _DIRECTORY and by_words == "no_such_address")
    if answer.phase == "rule" or (answer.phase == "data" and not is_about_address):
        # It took the address before it saw the message: what it says now may be a filter's excuse.
        return "filtered"
    if reason == "no_such_address" and not (is_about_address or _was_asked_for_it(answer)):
        return "filtered"
    return reason


def _was_asked_for_it(answer: Answer) -> bool:
    """Whether the words can be about the address: an answer to RCPT, or no server's answer at all, when the
    program that writes to us knows its own people."""
    return answer.phase == "rcpt" or not (answer.reply or answer.enhanced)


def _better(said: str, status: str) -> str:
    """The server's own code, unless it says nothing (x.0.0) and the report's does."""
    if said and not said.endswith(".0.0") and not (said == "5.2.1" and status == "5.1.1"):
        return said
    return status or said


def _reason_of(code: str) -> Reason | None:
    _, _, detail = code.partition(".")
    if not detail:
        return None
    return _BY_CODE.get(detail) or _BY_SUBJECT.get(detail.partition(".")[0])
