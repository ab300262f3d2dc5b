"""Machines: programs that follow the links of a mail and load its pictures though nobody reads it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

#: Programs that fetch what people did not ask for, by a piece of what they call themselves.
_MACHINES: Final = (
    *("bot", "crawl", "spider", "preview", "scan", "monitor", "check", "validator", "headless"),
    *("curl/", "wget/", "python-", "go-http-client", "java/", "okhttp", "libwww", "axios/", "node-fetch"),
    *("barracuda", "proofpoint", "mimecast", "safelinks", "trendmicro", "symantec", "fireeye", "zscaler"),
    *("slackbot", "facebookexternalhit", "whatsapp", "skypeuripreview", "bitdefender", "office existence"),
)
#: What Apple's Mail Privacy Protection calls itself: it loads every picture, read or not.
_APPLE: Final = "mozilla/5.0"


def is_machine(user_agent: str, seconds: float, marks: Collection[str] = ()) -> bool:
    """Whether no person did this: by its name, by what it says of itself, or too soon after the mail left.

    `marks`: the values of headers such as `Purpose: prefetch`. `seconds`: since the mail left; filters follow
    links while they take it in, under the name of a browser, and nobody reads within two seconds.
    """
    name = user_agent.strip().lower()
    if not name or name == _APPLE or seconds < 2:
        return True
    if any("prefetch" in mark.lower() or "preview" in mark.lower() for mark in marks):
        return True
    return any(piece in name for piece in _MACHINES)
