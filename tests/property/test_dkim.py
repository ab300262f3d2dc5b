"""DKIM: what we sign, another implementation verifies; what somebody changed or added, it refuses.

The verifier is dkimpy, with its DNS answered here from the public halves of the keys.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.messages.dkim import Signer, signed
from engine.messages.mime import build
from engine.model.message import Attachment, Content
from tests.property.test_mime import BODY, HEADER_TEXT

AT = datetime(2026, 3, 28, 8, 0, tzinfo=UTC)
RSA = Signer("shop.example", "r1", generate_private_key(65537, 2048))
EDWARDS = Signer("shop.example", "e1", Ed25519PrivateKey.generate())
DNS = {
    b"r1._domainkey.shop.example.": b"v=DKIM1; k=rsa; p="
    + b64encode(RSA.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)),
    b"e1._domainkey.shop.example.": b"v=DKIM1; k=ed25519; p="
    + b64encode(EDWARDS.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)),
}


def verified(mail: bytes, index: int = 0) -> bool:
    """Whether the signature at that place from above holds."""
    try:
        return bool(dkim.DKIM(mail).verify(idx=index, dnsfunc=lambda name, timeout=5: DNS.get(name)))
    except dkim.ValidationError:
        return False


def letter(content: Content, name: str = "Shop", attachments: tuple[Attachment, ...] = ()) -> bytes:
    return build(
        content,
        sender=f"{name} <news@mail.shop.example>",
        to="c@d.example",
        message_id="1@shop.example",
        date=AT,
        unsubscribe=("https://mail.shop.example/u/abc", "mailto:unsubscribe@shop.example"),
        list_id="news.shop.example",
        topic="news",
        journey="welcome",
        attachments=attachments,
    )


@given(HEADER_TEXT, BODY, BODY, st.booleans())
@settings(max_examples=150)
def test_whatever_is_sent_another_program_finds_signed(
    subject: str, text: str, html: str, is_plain: bool
) -> None:
    content = Content(subject=subject, text=text, html=None if is_plain else html)
    mail = signed(letter(content), [EDWARDS, RSA], AT)
    assert verified(mail, 0)
    assert verified(mail, 1)


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "\n\n\n",
        "a  b\t c \n \n\n",
        "end without a line",
        "tab\t\n\t\n",
        ".\n..\n",
        "é" * 500,
        "x" * 3000,
    ],
)
def test_white_space_where_it_is_odd(body: str) -> None:
    for content in (Content("s", body), Content("s", "text", f"<p>{body}</p>")):
        assert verified(signed(letter(content), [RSA], AT))
    name = Attachment("a  b.txt", "text/plain", b64encode(body.encode()).decode())
    assert verified(signed(letter(Content("s", "t"), attachments=(name,)), [RSA], AT))


def test_what_was_changed_does_not_hold() -> None:
    mail = signed(letter(Content("Hello", "Dear Ada", "<p>Dear Ada</p>")), [RSA], AT)
    assert verified(mail)
    for before, after in (
        (b"Dear Ada", b"Dear Bob"),
        (b"Subject: Hello", b"Subject: Hullo"),
        (b"/u/abc", b"/u/abd"),
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"c@d.example", b"d@d.example"),
    ):
        assert before in mail
        assert not verified(mail.replace(before, after)), before


@pytest.mark.parametrize(
    "header",
    ["From: e@evil.example", "Subject: Other", "Reply-To: e@evil.example", "List-Unsubscribe: <https://e>"],
)
def test_nobody_can_add_a_header_that_is_signed(header: str) -> None:
    """Neither one more of those that are there, nor one that was not there."""
    mail = signed(letter(Content("Hello", "Dear Ada")), [RSA], AT)
    head, _, body = mail.partition(b"\r\n\r\n")
    assert not verified(header.encode() + b"\r\n" + mail)
    assert not verified(head + b"\r\n" + header.encode() + b"\r\n\r\n" + body)


def test_what_is_added_on_the_way_is_no_matter() -> None:
    mail = signed(letter(Content("Hello", "Dear Ada")), [RSA], AT)
    assert verified(b"Received: from a by b; Sat, 28 Mar 2026 08:00:00 +0000\r\n" + mail)


def test_a_key_signs_for_its_domain_and_those_below_it() -> None:
    assert RSA.signs_for("shop.example")
    assert RSA.signs_for("mail.shop.example")
    assert not RSA.signs_for("othershop.example")
    assert not RSA.signs_for("example")


def test_lines_stay_short() -> None:
    mail = signed(letter(Content("Hello", "Dear Ada")), [EDWARDS, RSA], AT)
    head = mail.partition(b"\r\n\r\n")[0]
    assert max(len(line) for line in head.split(b"\r\n")) <= 100
