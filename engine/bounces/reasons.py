"""Why a mail did not arrive, in one word each; and which of these say that the address is no more."""

from __future__ import annotations

from typing import Literal

Reason = Literal[
    "no_such_address",
    "no_such_host",
    "no_mail_accepted",  # the domain says that it takes no mail at all: RFC 7505
    "moved",
    "full",
    "too_big",
    "disabled",
    "greylisted",
    "rate_limited",
    "blocked",  # our address or host, by list or reputation
    "spam",  # this message
    "policy",
    "sender_refused",
    "relay_denied",
    "network",
    "loop",
    "expired",
    "filtered",  # refused after the message was seen, without a reason that can be believed
    "system",
    "temporary",
    "unknown",
]

#: No further mail can arrive there, whoever sends it.
HARD: frozenset[str] = frozenset({"no_such_address", "no_such_host", "no_mail_accepted", "moved"})

#: About the mailbox: when these come again and again, it is dead. The others are about us or our message.
OF_THE_MAILBOX: frozenset[str] = HARD | {
    "full",
    "disabled",
    "filtered",
    "network",
    "expired",
    "temporary",
    "unknown",
}
