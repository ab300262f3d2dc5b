"""A parcel turned into the exact bytes for the wire, or into the reason why it can never travel.

The texts of refusals begin with an enhanced status code (RFC 3463), as a server's would.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from engine.channels.smtp.verdicts import tidy
from engine.model.message import Parcel, Receipt

#: What the server offered behind EHLO: lower-case keyword to parameters.
Offers = Mapping[str, str]

# One bare mailbox and nothing that could end the command line, open a second address or add a parameter.
_MAILBOX = re.compile(
    r'(?:"(?:[^"\\]|\\[ -~])+"|[^\s<>"(),:;@\\\[\]]+)'  # before the @: quoted, or plain
    r'@(?:\[[0-9A-Za-z:.]+\]|[^\s<>"(),:;@\\\[\]]+)'  # after it: a literal such as [192.0.2.1], or a name
)
_LONGEST_ADDRESS = 254  # octets, RFC 5321 4.5.3.1.3 without the angle brackets
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FULL_STOPS = str.maketrans("。．｡", "...")  # what stands for a dot in other scripts, RFC 3490 3.1


@dataclass(frozen=True, slots=True)
class Envelope:
    """The two commands before the message, and the message with its closing dot."""

    mail: bytes
    rcpt: bytes
    body: bytes


def refuse(parcel: Parcel) -> Receipt | None:
    """Why this parcel cannot travel with any server, or None. Found out before a connection is opened."""
    if not _is_mailbox(parcel.recipient):
        words = f"5.1.3 {parcel.recipient!r} is not one e-mail address, so nothing was sent"
        return Receipt("bounced", "rcpt", None, tidy(words))
    if parcel.sender and not _is_mailbox(parcel.sender):
        # The sender is ours: the recipient must not bounce for it.
        words = f"5.1.7 the sender {parcel.sender!r} is not one e-mail address, so nothing was sent"
        return Receipt("relay_fault", "mail", None, tidy(words))
    return None


def write_envelope(parcel: Parcel, offers: Offers) -> Envelope | Receipt:
    """The parcel for a server with these offers, or the receipt that says why it cannot take it.

    Raises nothing; expects a parcel that `refuse` let pass.
    """
    sender, recipient = to_ascii_domain(parcel.sender), to_ascii_domain(parcel.recipient)
    needs_utf8 = not (sender + recipient).isascii()
    if needs_utf8 and "smtputf8" not in offers:
        words = f"5.6.7 the address {parcel.recipient} has letters that the mail server cannot carry"
        return Receipt("bounced", "rcpt", None, tidy(words + " (it does not offer SMTPUTF8)"))
    message = with_crlf(parcel.raw)
    limit = _size_limit(offers)
    if limit and len(message) > limit:
        words = f"5.3.4 the message has {len(message):,} bytes, the mail server takes at most {limit:,}"
        return Receipt("bounced", "mail", None, words)
    options = _mail_options(message, needs_utf8, offers)
    return Envelope(
        mail=f"MAIL FROM:<{sender}>{options}\r\n".encode(),
        rcpt=f"RCPT TO:<{recipient}>\r\n".encode(),
        body=dot_stuffed(message),
    )


def with_crlf(raw: bytes) -> bytes:
    """The message with CRLF as its only line end, and one at its very end.

    A bare CR or LF beside a dot would let a message end early on some servers and smuggle in another.
    """
    ends = raw.count(b"\r\n")
    if raw.count(b"\n") != ends or raw.count(b"\r") != ends:
        raw = _LINE_END.sub(b"\r\n", raw)
    return raw if raw.endswith(b"\r\n") else raw + b"\r\n"


def dot_stuffed(message: bytes) -> bytes:
    """The message as it stands between DATA's answer and the final dot, the dot included (RFC 5321 4.5.2)."""
    stuffed = message.replace(b"\r\n.", b"\r\n..")
    return (b"." if stuffed.startswith(b".") else b"") + stuffed + b".\r\n"


def to_ascii_domain(address: str) -> str:
    """The address with its domain in the letters of DNS; what stands before the @ is left alone.

    By the rules of today's DNS (UTS 46, nontransitional), where Python's own codec would still turn
    `straße` into `strasse` and so write to somebody else.
    """
    local, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    folded = unicodedata.normalize("NFKC", domain.translate(_FULL_STOPS)).lower()
    labels = unicodedata.normalize("NFC", folded).split(".")
    return local + at + ".".join(_ascii_label(label) for label in labels)


def _ascii_label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _is_mailbox(address: str) -> bool:
    """Whether this is exactly one bare address, judged as it would stand on the command line.

    Only there, because a full-width > is an ordinary letter until the domain is put into DNS letters.
    """
    if not address.isprintable():
        return False
    written = to_ascii_domain(address)
    return bool(_MAILBOX.fullmatch(written)) and len(written.encode()) <= _LONGEST_ADDRESS


def _size_limit(offers: Offers) -> int:
    """The largest message the server announced, in bytes; 0 for no limit (RFC 1870)."""
    announced = offers.get("size", "").strip()
    return int(announced) if announced.isascii() and announced.isdigit() else 0


def _mail_options(message: bytes, needs_utf8: bool, offers: Offers) -> str:
    options = f" SIZE={len(message)}" if "size" in offers else ""
    if "8bitmime" in offers and not message.isascii():
        # Without the offer eight-bit mail goes out as it is: rewriting it here would break its signature.
        options += " BODY=8BITMIME"
    if needs_utf8:
        options += " SMTPUTF8"
    return options
