"""Says plainly which channels of the journeys reach nobody, because the config does not say how to send."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from engine.model.channels import DEFAULT_ENDPOINT, ENDPOINTS
from engine.service.settings import Settings


def captured_channels(compiled: Mapping[str, Any], settings: Settings) -> list[str]:
    """Channels other than mail whose messages stay in the folder: `sms`, `webhook crm`; each once."""
    return list(dict.fromkeys(_captured(compiled, settings)))


def _captured(compiled: Mapping[str, Any], settings: Settings) -> Iterator[str]:
    for step in compiled.get("steps", ()):
        channel = step["data"].get("send") if step["verb"] == "send" else None
        if channel in (None, "email"):
            continue
        endpoint = _endpoint(str(channel), step["data"].get("to"))
        if settings.is_captured(str(channel), endpoint):
            yield f"{channel} {endpoint}" if endpoint else str(channel)


def _endpoint(channel: str, to: Any) -> str | None:
    """The endpoint that a step names; None where it is an attribute, or the channel has none."""
    if channel not in ENDPOINTS or (isinstance(to, str) and to.startswith(("contact.", "trigger."))):
        return None
    return str(to) if to else DEFAULT_ENDPOINT


def notes(journeys: Iterable[tuple[str, Mapping[str, Any]]], settings: Settings) -> list[str]:
    """A line for each channel that reaches nobody, with the journeys that send over it."""
    by_channel: dict[str, list[str]] = {}
    for journey, compiled in journeys:
        for channel in captured_channels(compiled, settings):
            by_channel.setdefault(channel, []).append(journey)
    return [_note(channel, ids, settings) for channel, ids in sorted(by_channel.items())]


def _note(channel: str, journeys: list[str], settings: Settings) -> str:
    name, _, endpoint = channel.partition(" ")
    to = f" to `{endpoint}`" if endpoint else ""
    way = f"channels.{name}.{endpoint}" if endpoint else f"channels.{name}"
    folder = settings.delivery.capture_dir
    return (
        f"{name}{to} reaches nobody: {', '.join(journeys)} sends it, and it is written to the folder "
        f"{folder}/. Set `delivery.{name}: http` and `{way}` in config.yaml to send it (docs/channels.md)."
    )
