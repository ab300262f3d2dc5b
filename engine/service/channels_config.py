"""The section `channels` of config.yaml: how each channel that speaks HTTP sends, described by data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.calendar.durations import read_duration
from engine.channels.http.filling import names_in
from engine.channels.http.settings import METHODS, NAMES, HttpSettings
from engine.channels.http.signature import key_of
from engine.errors import ReadError, UsageError
from engine.language.document import Document
from engine.model.spelling import did_you_mean

#: One provider each, or endpoints by name.
PROVIDERS: Final = ("sms", "push", "whatsapp")
ENDPOINTS: Final = ("webhook", "chat")
_KEYS: Final = ("url", "method", "headers", "body", "format", "timeout", "connections", "secret", "allow")
_NAME: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_SECRET_HEADER: Final = re.compile(r"auth|key|token|secret|password", re.IGNORECASE)
_HEADER: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")

#: Replaces ${VAR} in a text; the second argument is the place, for complaints.
Fill = Callable[[str, str], str]
Ways = Mapping[str, Mapping[str, HttpSettings]]


def read_ways(document: Document, fill: Fill) -> dict[str, dict[str, HttpSettings]]:
    """Channel → endpoint ("" for a provider) → its request. Raises UsageError with the place."""
    written = document.data.get("channels")
    if written is None:
        return {}
    reading = _Reading(document, fill)
    if not isinstance(written, dict):
        raise reading.wrong(("channels",), "`channels` is a section, not a value", "Write `sms:` below it.")
    return {name: reading.channel(name, value) for name, value in written.items() if value is not None}


class _Reading:
    """Reads one file; every complaint names its line."""

    def __init__(self, document: Document, fill: Fill) -> None:
        self._document = document
        self._fill = fill

    def wrong(self, path: tuple[str | int, ...], words: str, help: str) -> UsageError:
        return UsageError(f"{self._document.value_at(path)}: {words}", help)

    def channel(self, name: str, value: Any) -> dict[str, HttpSettings]:
        path = ("channels", name)
        known = (*PROVIDERS, *ENDPOINTS)
        if name not in known:
            words = f"there is no channel `{name}` to describe.{did_you_mean(name, known)}"
            raise self.wrong(path, words, f"Known here: {', '.join(known)}.")
        if not isinstance(value, dict):
            raise self.wrong(
                path, f"`{'.'.join(path)}` is a section, not a value", "Write `url: …` below it."
            )
        if name in PROVIDERS:
            return {"": self._request(value, path, None)}
        return {str(id): self._endpoint(str(id), one, (*path, id), name) for id, one in value.items()}

    def _endpoint(self, id: str, value: Any, path: tuple[str, ...], channel: str) -> HttpSettings:
        if not _NAME.fullmatch(id):
            raise self.wrong(
                path, f"`{id}` cannot be the name of an endpoint", "Write small letters, digits and `-`."
            )
        if not isinstance(value, dict):
            help = f"Write `{id}: {{ url: https://… }}`."
            raise self.wrong(path, f"`{'.'.join(path)}` does not say where to", help)
        plain = {"text": "{{ text }}"} if channel == "chat" else None
        return self._request(value, path, plain, is_whole=channel == "webhook")

    def _request(
        self, value: Mapping[str, Any], path: tuple[str, ...], plain: Any, *, is_whole: bool = False
    ) -> HttpSettings:
        for key in value:
            if key not in _KEYS:
                words = f"there is no setting `{'.'.join((*path, str(key)))}`.{did_you_mean(str(key), _KEYS)}"
                raise self.wrong((*path, key), words, f"Known here: {', '.join(_KEYS)}.")
        if not isinstance(value.get("url"), str):
            raise self.wrong(path, f"`{'.'.join(path)}` has no `url`", "Write `url: https://…`.")
        default = plain if plain is not None or is_whole else {"to": "{{ to }}", "text": "{{ text }}"}
        settings: dict[str, Any] = {
            key: self._value(key, value[key], (*path, key)) for key in value if value[key] is not None
        }
        settings.setdefault("body", default)
        if is_whole and settings["body"] is not None:
            help = "The body of a webhook is the message's own; leave it out here."
            raise self.wrong((*path, "body"), "a webhook sends its message as it is", help)
        try:
            return HttpSettings(**settings)
        except UsageError as error:
            raise self.wrong(path, error.message, error.help) from None

    def _value(self, key: str, value: Any, path: tuple[str, ...]) -> Any:
        match key:
            case "headers":
                return self._headers(value, path)
            case "body":
                return self._body(value, path)
            case "allow":
                texts = value if isinstance(value, list) else [value]
                return tuple(str(one) for one in texts)
            case "connections":
                return self._number(value, path)
            case "timeout":
                return self._seconds(value, path)
            case "method" | "format":
                return self._one_of(value, METHODS if key == "method" else ("json", "form"), path)
            case _:
                return self._text(value, path, is_secret=key == "secret")

    def _text(self, value: Any, path: tuple[str | int, ...], *, is_secret: bool = False) -> str:
        if not isinstance(value, str):
            value = self._document.raw_at(path) or str(value)
        if is_secret and "${" not in value:
            variable = re.sub(r"\W+", "_", "_".join(str(part) for part in path[1:])).upper()
            words = f"`{'.'.join(str(part) for part in path)}` is a secret and must not stand in the file"
            raise self.wrong(path, words, f'Write "${{{variable}}}" and set that variable.')
        filled = self._fill(value, str(self._document.value_at(path)))
        if re.search(r"[\x00-\x1f\x7f]", filled):
            raise self.wrong(path, "this value holds a line break", "Look at the variable that it names.")
        if path[-1] == "secret":
            key_of(filled)
        return filled

    def _headers(self, value: Any, path: tuple[str, ...]) -> dict[str, str]:
        if not isinstance(value, dict):
            help = 'Write for example headers: { Authorization: "Bearer ${TOKEN}" }'
            raise self.wrong(path, "headers are names and values", help)
        for name in value:
            if not _HEADER.fullmatch(str(name)) or str(name).lower() in ("host", "content-length"):
                raise self.wrong((*path, name), f"`{name}` cannot be a header here", "Leave it out.")
        return {
            str(name): self._text(one, (*path, name), is_secret=bool(_SECRET_HEADER.search(str(name))))
            for name, one in value.items()
        }

    def _body(self, value: Any, path: tuple[str | int, ...]) -> Any:
        if isinstance(value, dict):
            return {str(key): self._body(one, (*path, key)) for key, one in value.items()}
        if isinstance(value, list):
            return [self._body(one, (*path, index)) for index, one in enumerate(value)]
        if not isinstance(value, str):
            return value
        for name in names_in(value):
            if name not in NAMES:
                words = f"`{{{{ {name} }}}}` is nothing that a request can say.{did_you_mean(name, NAMES)}"
                raise self.wrong(path, words, f"Write one of {', '.join(NAMES)}.")
        return self._text(value, path)

    def _number(self, value: Any, path: tuple[str, ...]) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 64:
            raise self.wrong(path, f"`{value}` is no number of connections", "Write a number from 1 to 64.")
        return value

    def _seconds(self, value: Any, path: tuple[str, ...]) -> float:
        try:
            duration = read_duration(value)
        except ReadError as error:
            raise self.wrong(path, error.message, error.help) from None
        seconds = float(duration.days * 86_400 + duration.seconds)
        if duration.months or not 1 <= seconds <= 120:
            raise self.wrong(path, f"`{value}` is too short or too long to wait", "Write 1 to 120 seconds.")
        return seconds

    def _one_of(self, value: Any, words: tuple[str, ...], path: tuple[str, ...]) -> str:
        if value not in words:
            listed = " or ".join(f"`{word}`" for word in words)
            raise self.wrong(path, f"`{value}` cannot stand here", f"Write {listed}.")
        return str(value)
