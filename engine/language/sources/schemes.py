"""How senders prove that a request is theirs: each scheme is data over a few primitives.

Nearly all of them are HMAC-SHA256 over the raw body, and differ in the header, in how the bytes are spelled
and in what is signed besides the body. A new vendor is a line here, or `scheme: hmac` in the file itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Encoding = Literal["base64", "hex"]


@dataclass(frozen=True, slots=True)
class Scheme:
    """`signs` is what the HMAC is made of: `{body}`, `{timestamp}`, `{method}`, `{url}`, `{header.NAME}`.

    `form` is how the header holds the signature: alone behind `prefix`; as `t=…,v1=…` (`pairs`); as several
    `v1,…` with blanks between (`versions`). `timestamp` is the header with the time of sending, where it has
    one of its own. `key`: the secret as it is, or the Base64 behind `whsec_`.
    """

    word: str
    summary: str
    kind: Literal["hmac", "token", "basic"] = "hmac"
    header: str = ""
    encoding: Encoding = "base64"
    prefix: str = ""
    signs: str = "{body}"
    timestamp: str = ""
    form: Literal["plain", "pairs", "versions"] = "plain"
    key: Literal["text", "whsec"] = "text"

    @property
    def has_time(self) -> bool:
        """Whether the time of sending is signed, so that an old request can be told."""
        return "{timestamp}" in self.signs

    def covers(self, header: str) -> bool:
        """Whether a header is signed, so that nobody can change it on the way."""
        return f"{{header.{header.lower()}}}" in self.signs.lower()


_STANDARD: Final = "{header.webhook-id}.{timestamp}.{body}"

_ALL: Final = (
    Scheme("hmac", "HMAC-SHA256 of the body in a header that the file names"),
    Scheme("token", "a header that is the secret itself, where a vendor signs nothing", "token"),
    Scheme("basic", "user and password (Basic authentication), likewise", "basic", "authorization"),
    Scheme("shopify", "X-Shopify-Hmac-Sha256", header="x-shopify-hmac-sha256"),
    Scheme("woocommerce", "X-WC-Webhook-Signature", header="x-wc-webhook-signature"),
    Scheme(
        "magento",
        "X-Magento-Signature",
        header="x-magento-signature",
        encoding="hex",
    ),
    Scheme("typeform", "Typeform-Signature", header="typeform-signature", prefix="sha256="),
    Scheme(
        "stripe",
        "Stripe-Signature with its time",
        header="stripe-signature",
        encoding="hex",
        signs="{timestamp}.{body}",
        form="pairs",
    ),
    Scheme(
        "zendesk",
        "X-Zendesk-Webhook-Signature with its time",
        header="x-zendesk-webhook-signature",
        signs="{timestamp}{body}",
        timestamp="x-zendesk-webhook-signature-timestamp",
    ),
    Scheme(
        "hubspot",
        "X-HubSpot-Signature-v3 with its time",
        header="x-hubspot-signature-v3",
        signs="{method}{url}{body}{timestamp}",
        timestamp="x-hubspot-request-timestamp",
    ),
    Scheme(
        "standard-webhooks",
        "webhook-signature with its time, secrets `whsec_…`",
        header="webhook-signature",
        signs=_STANDARD,
        timestamp="webhook-timestamp",
        form="versions",
        key="whsec",
    ),
    Scheme(
        "bigcommerce",
        "Standard Webhooks with the client secret of the app",
        header="webhook-signature",
        signs=_STANDARD,
        timestamp="webhook-timestamp",
        form="versions",
    ),
)
SCHEMES: Final[Mapping[str, Scheme]] = {one.word: one for one in _ALL}

#: Keys of `signature` that only some schemes have, besides `scheme` and `secret`.
OWN_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "hmac": ("header", "encoding", "prefix", "signs", "timestamp"),
    "token": ("header", "prefix"),
    "basic": ("user",),
}
