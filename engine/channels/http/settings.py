"""What an HTTP channel must be told: one request, described by data, so that a new provider needs no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from engine.channels.http.filling import names_in
from engine.channels.http.guard import read_network
from engine.errors import UsageError

Format = Literal["json", "form"]

#: What a body may name; the values are put in as data.
NAMES: Final = ("to", "text", "subject", "id")
METHODS: Final = ("POST", "PUT", "PATCH")
#: What a provider gets where the config gives no body.
PLAIN_BODY: Final[Mapping[str, Any]] = {"to": "{{ to }}", "text": "{{ text }}"}


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """One request. Values of headers and the address may be secrets, so they are left out of `repr`.

    `body` is JSON with `{{ name }}` in its texts; None sends the message itself, which must be JSON then.
    `timeout` in seconds, for the whole of one request. `secret` signs it (Standard Webhooks). `allow` are
    addresses inside the own network that may be called, such as 10.1.0.0/16.
    """

    url: str = field(repr=False)
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = None
    format: Format = "json"
    timeout: float = 10.0
    connections: int = 4
    secret: str | None = field(default=None, repr=False)
    allow: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_url(self.url, bool(self.allow))
        for network in self.allow:
            read_network(network)
        for name in names_in(self.body):
            if name not in NAMES:
                raise UsageError(
                    f"`{{{{ {name} }}}}` is nothing that a request can say",
                    f"Write one of {', '.join(NAMES)}.",
                )


def _check_url(url: str, may_be_inside: bool) -> None:
    """https:, or http: to a machine of one's own; with a host, and without a password in the address."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise UsageError("the address of a channel cannot be read", "Write https://host/path.") from None
    if parts.scheme not in ("https", "http") or not host:
        raise UsageError("the address of a channel must begin with https://", "Write https://host/path.")
    if parts.scheme == "http" and not may_be_inside:
        raise UsageError(
            f"the address of {host} is not encrypted",
            "Write https://…; http:// is for machines of your own, named under `allow`.",
        )
    if parts.username or parts.password:
        raise UsageError(f"the address of {host} holds a password", "Put it into a header, as ${NAME}.")
