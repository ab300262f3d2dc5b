"""The classifier: a mail goes in, and out comes what it says of each recipient; never nothing."""

from __future__ import annotations

import re

from engine.bounces.answer import read_answer
from engine.bounces.complaints import complaints_in
from engine.bounces.judge import judge
from engine.bounces.kinds import is_auto_reply, is_bounce
from engine.bounces.notices import noticed_in
from engine.bounces.original import original_of
from engine.bounces.prose import Failed, failed_in, report_of
from engine.bounces.report import Group, groups_in, groups_of
from engine.model.returned import Returned, ReturnedMail

_NEITHER = Returned("neither", False, "", "", "")
_SAID = 300
_NOT_FAILED = frozenset({"delivered", "relayed", "expanded"})


def classify(mail: ReturnedMail) -> list[Returned]:
    """One for each recipient, at least one."""
    told = noticed_in(mail) or complaints_in(mail)
    if told:
        return told
    text = report_of(mail)
    groups = groups_of(mail.parts)
    if groups and not all(group.action in _NOT_FAILED for group in groups):
        is_alone = len(groups) == 1
        return [
            _by_report(group, mail, text, is_alone) for group in groups if group.action not in _NOT_FAILED
        ]
    if groups:
        return [_plain("delivered")]
    if is_bounce(mail, text):
        copied = groups_in(text)
        if copied:
            return [_by_report(group, mail, group.diagnosis, is_alone=True) for group in copied]
        return [_by_prose(one, text) for one in failed_in(mail, text)]
    return [_plain("auto_reply" if is_auto_reply(mail) else "")]


def _plain(reason: str) -> Returned:
    return Returned("neither", False, "", "", reason)


def _by_report(group: Group, mail: ReturnedMail, text: str, is_alone: bool) -> Returned:
    """The server's own words first; where they are silent, what people are told of this one."""
    told = text if is_alone else _told_of(group, mail, text)
    said = group.diagnosis
    judged = judge(read_answer(said, f"{group.circumstances}\n{told}"), group.status)
    if judged.reason == "unknown" or not said:
        further = judge(read_answer(told, told), group.status)
        if further.reason != "unknown":
            judged, said = further, said or told
    is_delay = group.action == "delayed"
    return Returned(
        "bounce",
        judged.is_hard and not is_delay,
        judged.status,
        group.recipient or _spare_recipient(mail, text),
        judged.reason,
        "delayed" if is_delay else "failed",
        _short(said),
        next((one for one in group.recipients[1:] if one), ""),
    )


def _told_of(group: Group, mail: ReturnedMail, text: str) -> str:
    """Of several, only what stands with this one."""
    names = {one.lower() for one in group.recipients}
    return next((one.said for one in failed_in(mail, text) if one.recipient.lower() in names), "")


def _spare_recipient(mail: ReturnedMail, text: str) -> str:
    found = failed_in(mail, text)
    return (found[0].recipient if len(found) == 1 else "") or original_of(mail).recipient


def _by_prose(one: Failed, text: str) -> Returned:
    judged = judge(read_answer(one.said, one.said), "")
    is_delay = _is_warning(text)
    return Returned(
        "bounce",
        judged.is_hard and not is_delay,
        judged.status,
        one.recipient,
        judged.reason,
        "delayed" if is_delay else "failed",
        _short(one.said),
    )


#: The mail waits and will be tried again: nothing has failed yet.
_WAITS = re.compile(
    r"warning (?:message )?only|(?:do not|don't) need to resend|will (?:be )?(?:retried|keep trying)"
    r"|will continue to|still trying|attempts will continue|has been delayed|not yet been delivered"
    r"|noch nicht zugestellt"
)
_LASTS = re.compile(r"permanent(?:ly)? (?:error|fatal|fail)|failed permanently")


def _is_warning(text: str) -> bool:
    lower = text[:3_000].lower()
    return bool(_WAITS.search(lower)) and not _LASTS.search(lower)


def _short(text: str) -> str:
    return " ".join(text.split())[:_SAID]
