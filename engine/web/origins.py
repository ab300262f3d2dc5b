"""Web pages that send events: which may, and how their browsers are told (CORS).

With a write key a page of any origin may send, as the clients for browsers do: the key says who it is, and
no cookie goes along. Without keys everybody on this machine may send, and a browser would let any page that
is open in it do so in that person's name: it is refused by the headers that pages cannot forge.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from engine.channels.smtp.settings import is_loopback

#: What a browser is told before it sends. The list names what clients of the Segment family set.
PREFLIGHT = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": (
        "authorization, content-type, content-encoding, x-write-key, x-strict-mode, anonymousid"
    ),
    "Access-Control-Max-Age": "7200",
}

FOREIGN = (
    "A web page of another origin sent this, and without write keys none may. Make one with "
    "`journeys keys create --source shop`, and send it along."
)


def is_foreign(headers: Mapping[str, str]) -> bool:
    """Whether a browser sends this for a page that is not this server's own, by Fetch Metadata and Origin.

    A name that only leads to this machine is foreign as well: whoever owns the name owns the page.
    """
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return True
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        name = urlsplit(origin).hostname or ""
    except ValueError:
        return True
    return not is_loopback(name) or origin.partition("://")[2] != headers.get("host")
