"""Reads `Name <a@b>` into its parts and writes them for headers. Exactly one address, or a clear refusal.

Domains are written in ASCII (IDNA 2008, RFC 5891). A local part outside ASCII would need SMTPUTF8, which many
servers still refuse, so we refuse it first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import idna

from engine.errors import RenderError
from engine.messages.words import encoded_words, refuse_controls

#: RFC 5321 4.5.3.1.
_LONGEST_LOCAL: Final = 64
_LONGEST: Final = 254
#: RFC 5322 3.2.3: a dot-atom. Quoted local parts are legal, and nobody has one.
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN: Final = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
)
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox. `mail` is pure ASCII; `name` may be empty and holds what people see."""

    name: str
    mail: str

    def header(self) -> str:
        """As it stands in From, To and Reply-To; folded where it is long."""
        if not self.name:
            return self.mail
        return f"{_phrase(self.name)}{_fold(self.name, self.mail)}<{self.mail}>"


def _phrase(name: str) -> str:
    """RFC 5322 3.2.5: plain words, a quoted string, or encoded words."""
    if not name.isascii() or "=?" in name or len(name) > _LONGEST_LOCAL:
        return encoded_words(name)
    if _PLAIN_NAME.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _fold(name: str, mail: str) -> str:
    return " " if name.isascii() and len(name) + len(mail) < 60 else "\r\n "


def address_of(text: str) -> str:
    """The bare address in `Name <a@b>`. Raises RenderError unless there is exactly one to be written."""
    return read_address(text).mail


@lru_cache(maxsize=4096)
def read_address(text: str) -> Address:
    """`Name <a@b>` or `a@b` in its parts. Raises RenderError when it is anything else."""
    refuse_controls(text, "an address")
    name, mail = _split(text.strip())
    local, at, domain = mail.rpartition("@")
    if not at or not local or not domain or "@" in local:
        raise _refused(text, "is not one e-mail address", "Write it as name@domain or Name <name@domain>.")
    if not local.isascii():
        raise _refused(
            text,
            "has letters outside ASCII before the @",
            "Many mail servers refuse it; ask for another address.",
        )
    if not _LOCAL.fullmatch(local) or len(local) > _LONGEST_LOCAL:
        raise _refused(
            text, "is not an e-mail address that mail servers take", "Look at what stands before the @."
        )
    written = f"{local}@{_ascii_domain(domain, text)}"
    if len(written) > _LONGEST:
        raise _refused(text, f"is longer than {_LONGEST} characters", "Look for two addresses run together.")
    return Address(name, written)


def _split(text: str) -> tuple[str, str]:
    if not text.endswith(">"):
        return "", text
    name, bracket, mail = text[:-1].rpartition("<")
    if not bracket:
        return "", text
    return _unquoted(name.strip(), text), mail.strip()


def _unquoted(name: str, text: str) -> str:
    if len(name) >= 2 and name[0] == name[-1] == '"':
        return re.sub(r"\\(.)", r"\1", name[1:-1])
    if re.search(r"[<>;]", name) or ("@" in name and "," in name):
        raise _refused(text, "holds more than one address", "A message goes to exactly one.")
    return name


def _ascii_domain(domain: str, text: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
    except idna.IDNAError:
        ascii_domain = ""
    if not _DOMAIN.fullmatch(ascii_domain):
        raise _refused(text, "has no domain that exists in the DNS", "Look at what stands after the @.")
    return ascii_domain


def _refused(text: str, words: str, help: str) -> RenderError:
    return RenderError(f"{text[:120]!r} {words}", help=help)
