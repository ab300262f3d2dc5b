"""The section `dkim` of config.yaml: which keys sign the mail of which domain.

Light, because every verb reads it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.errors import UsageError
from engine.language.document import Document

SECTION: Final = "dkim"

DOMAIN: Final = re.compile(r"(?=.{4,253}$)[a-z0-9-]+(\.[a-z0-9-]+)+")
SELECTOR: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
PEM: Final = "-----BEGIN"

#: Replaces ${VAR} in a text; the second argument is the place, for complaints.
Fill = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class DkimSetting:
    """A key as config.yaml names it: a file beside it, or the key itself out of the environment."""

    domain: str
    selector: str
    key: str = field(repr=False)
    where: str = ""


def read_dkim(document: Document, fill: Fill) -> tuple[DkimSetting, ...]:
    """`dkim: { DOMAIN: { SELECTOR: FILE } }`. UsageError with the place; files are not opened yet."""
    written = document.data.get(SECTION)
    if written is None:
        return ()
    if not isinstance(written, Mapping):
        raise _wrong(document, (SECTION,), "`dkim` is a section, not a value", _EXAMPLE)
    return tuple(
        _setting(document, str(domain), str(selector), key, fill)
        for domain, keys in written.items()
        for selector, key in _keys_of(document, domain, keys).items()
    )


_EXAMPLE: Final = "Write below it: shop.example: { s1: keys/shop.example.s1.pem }."


def _keys_of(document: Document, domain: Any, keys: Any) -> Mapping[Any, Any]:
    if not DOMAIN.fullmatch(str(domain)):
        words = f"`{domain}` is no domain in small letters"
        raise _wrong(
            document, (SECTION, domain), words, "Write the domain of the sender, such as shop.example."
        )
    if not isinstance(keys, Mapping):
        raise _wrong(document, (SECTION, domain), f"`{domain}` needs a selector before the key", _EXAMPLE)
    return keys


def _setting(document: Document, domain: str, selector: str, key: Any, fill: Fill) -> DkimSetting:
    path = (SECTION, domain, selector)
    if not SELECTOR.fullmatch(selector):
        words = f"`{selector}` is no selector"
        raise _wrong(document, path, words, "Write small letters, digits and `-`, such as s1.")
    if not isinstance(key, str) or not key.strip():
        raise _wrong(document, path, "here stands no file", _EXAMPLE)
    if PEM in key:
        help = 'Write the name of a file, or "${DKIM_KEY}" and set that variable.'
        raise _wrong(document, path, "a key is a secret and must not stand in the file", help)
    where = str(document.value_at(path))
    return DkimSetting(domain, selector, fill(key, where), where)


def _wrong(document: Document, path: tuple[Any, ...], words: str, help: str) -> UsageError:
    return UsageError(f"{document.value_at(path)}: {words}", help)
