"""Signs what leaves as a webhook, so that who gets it knows it is ours (standardwebhooks.com, version 1)."""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

from engine.errors import UsageError

_PREFIX: Final = "whsec_"
#: The standard asks for 24 to 64 bytes.
_SHORTEST, _LONGEST = 24, 64


def key_of(secret: str) -> bytes:
    """The bytes of `whsec_…`. Raises UsageError, which does not repeat the secret."""
    try:
        key = b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (Error, ValueError):
        key = b""
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise UsageError(
            "the secret of a webhook is not one of the standard",
            f"It is {_PREFIX} and {_SHORTEST} to {_LONGEST} random bytes in Base64.",
        )
    return key


def signed(key: bytes, id: str, at: int, body: bytes) -> Mapping[str, str]:
    """The three headers; `at` in Unix seconds."""
    content = b"%b.%d.%b" % (id.encode(), at, body)
    signature = b64encode(hmac.new(key, content, sha256).digest()).decode("ascii")
    return {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{signature}"}
