"""Every channel by its name, as `delivery.email` in the config writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.channels.smtp.settings import SmtpSettings
from engine.errors import UsageError
from engine.model.message import Channel


@dataclass(frozen=True, slots=True)
class ChannelSettings:
    """What the channels need from the config."""

    capture_dir: Path = Path("captured")
    smtp: SmtpSettings | None = None


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


CHANNELS: Mapping[str, Callable[[ChannelSettings], Channel]] = {
    "capture": _open_capture,
    "smtp": _open_smtp,
}


def open_channel(name: str, settings: ChannelSettings) -> Channel:
    """The channel of this name; nothing is connected or written yet."""
    if name not in CHANNELS:
        raise UsageError(
            f"delivery.email: there is no channel {name!r}",
            f"write one of {', '.join(CHANNELS)}",
        )
    return CHANNELS[name](settings)
