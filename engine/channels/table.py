"""Every way out of every channel, by the words that `delivery` in the config writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from engine.channels.http.settings import HttpSettings
from engine.channels.smtp.settings import SmtpSettings
from engine.errors import UsageError
from engine.model.message import Channel


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What the channels need from the config. `http`: channel → endpoint ("" for a provider) → request."""

    capture_dir: Path = Path("captured")
    smtp: SmtpSettings | None = None
    http: Mapping[str, Mapping[str, HttpSettings]] = field(default_factory=dict)


Opener = Callable[[ChannelSettings], Channel]


def _open_capture(settings: ChannelSettings) -> Channel:
    from engine.channels.capture import CaptureChannel

    return CaptureChannel(settings.capture_dir)


def _open_smtp(settings: ChannelSettings) -> Channel:
    # Imported when needed: aiosmtplib takes longer to load than the command line may take to start.
    from engine.channels.email import SmtpChannel

    if settings.smtp is None:
        raise UsageError(
            "delivery.email is smtp, but the config does not say which server",
            "add a section such as smtp: {host: mail.shop.example, user: shop, password: ${SMTP_PASSWORD}}",
        )
    return SmtpChannel(settings.smtp)


def _capture_text(channel: str) -> Opener:
    def open_(settings: ChannelSettings) -> Channel:
        from engine.channels.capture import CaptureChannel, readable

        return CaptureChannel(settings.capture_dir, ending=f".{channel}.txt", written=readable)

    return open_


def _capture_json(settings: ChannelSettings) -> Channel:
    from engine.channels.capture import CaptureChannel

    return CaptureChannel(settings.capture_dir, ending=".webhook.json")


def _provider(channel: str) -> Opener:
    def open_(settings: ChannelSettings) -> Channel:
        from engine.channels.http.channel import ProviderChannel  # httpcore, when it is needed

        return ProviderChannel(channel, _described(channel, settings)[""])

    return open_


def _endpoints(channel: str, captured: Opener) -> Opener:
    def open_(settings: ChannelSettings) -> Channel:
        from engine.channels.http.channel import EndpointsChannel

        return EndpointsChannel(channel, _described(channel, settings), captured(settings))

    return open_


def _described(channel: str, settings: ChannelSettings) -> Mapping[str, HttpSettings]:
    if not settings.http.get(channel):
        raise UsageError(
            f"delivery.{channel} is http, but the config does not say where to",
            f"Describe the request under channels.{channel}, or write `{channel}: capture`.",
        )
    return settings.http[channel]


CHANNELS: Final[Mapping[str, Mapping[str, Opener]]] = {
    "email": {"capture": _open_capture, "smtp": _open_smtp},
    "sms": {"capture": _capture_text("sms"), "http": _provider("sms")},
    "push": {"capture": _capture_text("push"), "http": _provider("push")},
    "whatsapp": {"capture": _capture_text("whatsapp"), "http": _provider("whatsapp")},
    "webhook": {"capture": _capture_json, "http": _endpoints("webhook", _capture_json)},
    "chat": {"capture": _capture_text("chat"), "http": _endpoints("chat", _capture_text("chat"))},
}


def open_channel(channel: str, way: str, settings: ChannelSettings) -> Channel:
    """The way out of a channel; nothing is connected or written yet."""
    ways = CHANNELS[channel]
    if way not in ways:
        raise UsageError(
            f"delivery.{channel}: there is no way out called {way!r}", f"write one of {', '.join(ways)}"
        )
    return ways[way](settings)
