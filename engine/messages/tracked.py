"""Following a mail: its links led over an address of ours, and a picture of one dot that tells it was shown.

Works on finished HTML. Which links those are follows from the HTML alone, so the same mail made again has
them under the same numbers, and nothing about them need be kept.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

#: An opening tag of a link, up to the value of its `href`, quoted.
_LINK: Final = re.compile(
    r"""<a(?=\s)(?:[^>"']|"[^"]*"|'[^']*')*?\shref\s*=\s*(?:"(?P<two>[^"]*)"|'(?P<one>[^']*)')""",
    re.IGNORECASE,
)
_END: Final = re.compile(r"</body\s*>", re.IGNORECASE)
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f]")


def followed_links(page: str, base: str) -> list[str]:
    """The addresses that are led over ours at `base`, by number; those that lead to our pages are not."""
    return [address for _, address in _links(page, base)]


def with_followed_links(page: str, base: str, ours: Callable[[int], str]) -> str:
    """The page with each of those links leading to the address that `ours` gives for its number."""
    parts, end = [], 0
    for number, (found, _) in enumerate(_links(page, base)):
        start, stop = found.span("two" if found["two"] is not None else "one")
        parts += [page[end:start], html.escape(ours(number))]
        end = stop
    return "".join([*parts, page[end:]])


def with_dot(page: str, address: str) -> str:
    """The page with the picture as the last thing in it."""
    dot = f'<img src="{html.escape(address)}" width="1" height="1" alt="" style="display:block;border:0">'
    ends = list(_END.finditer(page))
    at = ends[-1].start() if ends else len(page)
    return page[:at] + dot + page[at:]


def _links(page: str, base: str) -> Iterator[tuple[re.Match[str], str]]:
    """A page of ours is a letter and a token behind `base`, where the shop may have pages of its own."""
    ours = re.compile(rf"{re.escape(base)}/[a-z]/[\w.-]{{20,}}")
    for found in _LINK.finditer(page):
        written = found["two"] if found["two"] is not None else found["one"]
        address = html.unescape(written).strip()
        if _leads_out(address) and not ours.match(address):
            yield found, address


def _leads_out(address: str) -> bool:
    """Whether it is a page of the web; what cannot be an address is left as it stands."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not _CONTROL.search(address)
