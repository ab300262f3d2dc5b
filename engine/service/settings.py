"""Settings: how this installation runs; every setting with its default, and what is derived from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal

from engine.channels.http.settings import HttpSettings
from engine.channels.smtp.settings import SmtpSettings, Tls, is_loopback
from engine.channels.table import ChannelSettings
from engine.core.alarm import AlarmLimits
from engine.errors import UsageError
from engine.intake.imap import ImapSettings
from engine.model.channels import ENDPOINTS
from engine.model.policy import Cap, Policy
from engine.service.dkim_config import DkimSetting

Email = Literal["capture", "smtp"]
Way = Literal["capture", "http"]
OnUnsure = Literal["resend", "hold"]

_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where messages go: into a folder, which cannot harm anybody, or out."""

    email: Email = "capture"
    sms: Way = "capture"
    push: Way = "capture"
    whatsapp: Way = "capture"
    webhook: Way = "capture"
    chat: Way = "capture"
    capture_dir: str = "captured"  # relative to the workspace


@dataclass(frozen=True, slots=True)
class Relay:
    """The section `smtp` as written; `Settings.smtp()` makes of it what a channel can use."""

    host: str | None = None
    port: int = 587
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "required"
    connections: int = 4


@dataclass(frozen=True, slots=True)
class Http:
    """Where events come in; without a port nothing listens."""

    host: str = "127.0.0.1"
    port: int | None = None
    public_url: str | None = None  # where people reach it, for links in mail


@dataclass(frozen=True, slots=True)
class PagesSettings:
    """How the pages for contacts look, and whether people help themselves to their data there."""

    name: str | None = None
    color: str | None = None  # #rrggbb
    logo: str | None = None  # relative to the workspace
    self_service: bool = True


@dataclass(frozen=True, slots=True)
class Limits:
    """How late is too late. The defaults are those of language.md, kept in `Policy`."""

    late_after: timedelta = Policy().late_after
    misfire_grace: timedelta = Policy().misfire_grace
    max_lateness: timedelta = Policy().max_lateness
    retry_within: timedelta = Policy().retry_within
    keep_trace: timedelta = timedelta(days=400)


@dataclass(frozen=True, slots=True)
class Imap:
    """A mailbox that bounces come to."""

    host: str | None = None
    port: int = 993
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "implicit"
    folder: str = "INBOX"


@dataclass(frozen=True, slots=True)
class Bounces:
    """Where mail comes back to, and how far it is believed: see service/returning.py."""

    return_path: str | None = None
    by_address: bool = False
    maildir: str | None = None  # relative to the workspace
    imap: Imap = Imap()


@dataclass(frozen=True, slots=True)
class Settings:
    """All of config.yaml. An address of a database may hold a password, so it is left out of `repr`."""

    workspace: Path
    database: str = field(default="sqlite:///journeys.db", repr=False)
    delivery: Delivery = Delivery()
    relay: Relay = Relay()
    limits: Limits = Limits()
    http: Http = Http()
    bounces: Bounces = Bounces()
    pages: PagesSettings = PagesSettings()
    alarms: AlarmLimits = field(default_factory=AlarmLimits)
    caps: tuple[Cap, ...] = ()
    unsubscribe_mailto: str | None = None  # a bare address
    on_unsure: OnUnsure = "resend"
    channels: Mapping[str, Mapping[str, HttpSettings]] = field(default_factory=dict)
    dkim: tuple[DkimSetting, ...] = ()

    @property
    def database_url(self) -> str:
        """The database's address; a SQLite file lies in the workspace, not where the shell stands."""
        if not self.database.startswith(_SQLITE):
            return self.database
        return f"{_SQLITE}{self.workspace.resolve() / self.database.removeprefix(_SQLITE)}"

    @property
    def capture_dir(self) -> Path:
        """The folder for captured mail."""
        return self.workspace / self.delivery.capture_dir

    @property
    def unsubscribe(self) -> str | None:
        """What `links.unsubscribe` and List-Unsubscribe lead to."""
        return (
            None
            if self.unsubscribe_mailto is None
            else f"mailto:{self.unsubscribe_mailto}?subject=unsubscribe"
        )

    @property
    def is_loopback_relay(self) -> bool:
        """Whether no mail can leave this machine: it is captured, or the relay runs right here."""
        return self.delivery.email == "capture" or (
            self.relay.host is not None and is_loopback(self.relay.host)
        )

    def policy(self) -> Policy:
        """The limits and caps; topics and zone come from the catalog."""
        limits = self.limits
        return Policy(
            late_after=limits.late_after,
            misfire_grace=limits.misfire_grace,
            max_lateness=limits.max_lateness,
            caps=self.caps,
            retry_within=limits.retry_within,
        )

    def smtp(self) -> SmtpSettings:
        """The relay, checked. UsageError when it cannot work."""
        relay = self.relay
        if relay.host is None:
            raise UsageError(
                "delivery.email is `smtp`, but `smtp.host` does not say which server",
                'Write for example: smtp: { host: mail.example, user: shop, password: "${SMTP_PASSWORD}" }',
            )
        return SmtpSettings(
            relay.host, relay.port, relay.user, relay.password, relay.tls, connections=relay.connections
        )

    def mailbox(self) -> ImapSettings | None:
        """Where bounces are fetched over IMAP. UsageError when it cannot work."""
        imap = self.bounces.imap
        if imap.host is None:
            return None
        if imap.user is None or imap.password is None:
            raise UsageError(
                "`bounces.imap` has a host, but not who logs in",
                'Write user and password: "${BOUNCES_IMAP_PASSWORD}" beside it.',
            )
        if imap.tls == "none" and not is_loopback(imap.host):
            raise UsageError(
                f"bounces.imap.tls is `none`, and {imap.host} is another machine",
                "Write `implicit` (port 993) or `required` (STARTTLS, port 143): a password travels.",
            )
        return ImapSettings(imap.host, imap.user, imap.password, imap.port, imap.tls, imap.folder)

    def channel_settings(self) -> ChannelSettings:
        """What `channels.table.open_channel` needs."""
        smtp = self.smtp() if self.delivery.email == "smtp" else None
        return ChannelSettings(self.capture_dir, smtp, self.channels)

    def way_of(self, channel: str) -> str:
        """How a channel leaves: `capture`, or what `delivery` says."""
        return str(getattr(self.delivery, channel))

    def is_captured(self, channel: str, endpoint: str | None) -> bool:
        """Whether a message over this channel, to this endpoint if it has them, stays in the folder."""
        if self.way_of(channel) == "capture":
            return True
        return (
            channel in ENDPOINTS and endpoint is not None and endpoint not in self.channels.get(channel, {})
        )
