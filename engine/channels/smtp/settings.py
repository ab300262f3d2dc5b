"""Where the relay is and how to speak to it; whatever cannot work is refused here, before any connection."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field, fields
from typing import Literal, get_args

from engine.errors import UsageError

Tls = Literal["required", "implicit", "none"]

_NAME = re.compile(r"[!-~]+")  # what may stand behind EHLO or be looked up: visible ASCII, no spaces


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait in each phase; the defaults are the minimums of RFC 5321, 4.5.3.2.

    Giving up on the dot too early is the classic cause of duplicates (RFC 1047), so it has a floor;
    `dot_at_least` lowers the floor and is meant for tests.
    """

    connect: float = 30.0
    banner: float = 300.0
    ehlo: float = 300.0
    tls: float = 300.0
    auth: float = 300.0
    mail: float = 300.0
    rcpt: float = 300.0
    data: float = 120.0
    dot: float = 600.0
    quit: float = 5.0  # for the answers nothing depends on: RSET and QUIT
    dot_at_least: float = 60.0

    def __post_init__(self) -> None:
        for phase in fields(self):
            if phase.name != "dot_at_least" and getattr(self, phase.name) <= 0:
                raise UsageError(
                    f"smtp: the timeout for {phase.name} must be more than 0 seconds",
                    "leave it out to get the usual value",
                )
        if self.dot < self.dot_at_least:
            raise UsageError(
                f"smtp: a timeout of {self.dot:g} seconds after the message is too short: "
                "a server that is still filing it would get it a second time",
                f"write {self.dot_at_least:g} seconds or more (RFC 5321 asks for 600)",
            )


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One relay. The password is left out of `repr`, so it cannot end in a log by accident."""

    host: str
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "required"  # required: STARTTLS or nothing; implicit: TLS from the first byte
    connections: int = 4  # sessions open at the same time
    messages_per_connection: int = 100
    timeouts: Timeouts = field(default_factory=Timeouts)
    source_name: str | None = None  # what we call ourselves behind EHLO; the machine's full name if None
    ca_file: str | None = None  # trust this certificate authority instead of the system's
    idle: float = 30.0  # a session unused for longer is closed: firewalls forget silent connections

    def __post_init__(self) -> None:
        _check_names(self)
        _check_numbers(self)
        _check_login(self)
        _check_tls(self)


def is_loopback(host: str) -> bool:
    """Whether the host is this very machine, judged from its written form alone (nothing is looked up)."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_names(settings: SmtpSettings) -> None:
    if not _NAME.fullmatch(settings.host):
        raise UsageError(
            f"smtp.host: {settings.host!r} is not the name of a server",
            "write it as in host: mail.shop.example",
        )
    if settings.source_name is not None and not _NAME.fullmatch(settings.source_name):
        raise UsageError(
            f"smtp.source_name: {settings.source_name!r} is not a host name",
            "write the full name of this machine, as in source_name: news.shop.example",
        )


def _check_numbers(settings: SmtpSettings) -> None:
    if not 0 < settings.port < 65536:
        raise UsageError(f"smtp.port: {settings.port} is not a port", "usual are 587, 465 and 25")
    if settings.connections < 1 or settings.messages_per_connection < 1:
        raise UsageError(
            "smtp: connections and messages_per_connection must be at least 1",
            "leave them out to get 4 and 100",
        )


def _check_login(settings: SmtpSettings) -> None:
    if (settings.user is None) != (settings.password is None):
        missing, given = ("user", "password") if settings.user is None else ("password", "user")
        raise UsageError(
            f"smtp.{missing} is missing although smtp.{given} is set",
            "give both, or neither when the relay needs no login",
        )


def _check_tls(settings: SmtpSettings) -> None:
    if settings.tls not in get_args(Tls):
        raise UsageError(
            f"smtp.tls: {settings.tls!r} is none of {', '.join(get_args(Tls))}",
            "write tls: required (port 587 or 25) or tls: implicit (port 465)",
        )
    if settings.tls == "none" and not is_loopback(settings.host):
        raise UsageError(
            f"smtp.tls: none would send every message and the password readable over the network, so it "
            f"works only with a server on this machine, not with {settings.host}",
            "write tls: required (port 587 or 25) or tls: implicit (port 465)",
        )
