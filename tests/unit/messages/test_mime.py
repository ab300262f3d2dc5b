"""The bytes of a mail, read back with the standard library's parser."""

from __future__ import annotations

import email
from base64 import b64encode
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest

from engine.errors import RenderError
from engine.messages.mime import address_of, build
from engine.model.message import Attachment, Content

CONTENT = Content(subject="Your cart", text="Hello\n", html="<p>Hello</p>")


def built(content: Content = CONTENT, **others: Any) -> bytes:
    given = {
        "sender": "Example Shop <hello@shop.example>",
        "to": "ada@shop.example",
        "message_id": "7f3a@shop.example",
        "date": datetime(2026, 3, 28, 19, 30, tzinfo=UTC),
    }
    return build(content, **(given | others))


def parsed(content: Content = CONTENT, **others: Any) -> EmailMessage:
    raw = built(content, **others)
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def display_name(raw: bytes) -> str:
    """Of the sender, by the older parser: the newer one puts a space between two encoded words of a name."""
    name, _ = parseaddr(email.message_from_bytes(raw)["From"])
    return str(make_header(decode_header(name)))


def content_of(part: EmailMessage) -> str:
    """The decoded text with the line ends of Python."""
    return str(part.get_content()).replace("\r\n", "\n")


def parts(message: EmailMessage) -> dict[str, str]:
    return {part.get_content_type(): content_of(part) for part in message.iter_parts()}


def test_headers() -> None:
    message = parsed(
        reply_to="Help <help@shop.example>",
        unsubscribe=("https://shop.example/u/1?t=a,b", "mailto:u+1@shop.example?subject=unsubscribe"),
        list_id="cart.shop.example",
        topic="cart",
        journey="abandoned-cart",
        extra={"X-Shop": "yes"},
    )
    assert dict(message.items()) == {
        "From": "Example Shop <hello@shop.example>",
        "To": "ada@shop.example",
        "Reply-To": "Help <help@shop.example>",
        "Subject": "Your cart",
        "Date": "Sat, 28 Mar 2026 19:30:00 +0000",
        "Message-ID": "<7f3a@shop.example>",
        "List-Unsubscribe": "<https://shop.example/u/1?t=a,b>, <mailto:u+1@shop.example?subject=unsubscribe>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<cart.shop.example>",
        "Feedback-ID": "abandoned-cart:cart:marketing:shop.example",
        "Auto-Submitted": "auto-generated",
        "X-Shop": "yes",
        "MIME-Version": "1.0",
        "Content-Type": message["Content-Type"],
    }
    assert message.get_content_type() == "multipart/alternative"


def test_one_click_is_offered_for_https_only() -> None:
    message = parsed(unsubscribe="mailto:u@shop.example")
    assert message["List-Unsubscribe"] == "<mailto:u@shop.example>"
    assert message["List-Unsubscribe-Post"] is None


def test_transactional_mail_is_no_list() -> None:
    message = parsed(
        transactional=True, unsubscribe="https://shop.example/u", list_id="x.example", topic="orders"
    )
    assert not [name for name in message if name.startswith("List-")]
    assert message["Feedback-ID"] == "-:orders:transactional:shop.example"


def test_the_text_comes_first_and_both_parts_are_whole() -> None:
    message = parsed(Content(subject="s", text="Grüezi\r\nAda\n", html="<p>Grüezi</p>\n" * 500))
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert parts(message) == {"text/plain": "Grüezi\nAda\n", "text/html": "<p>Grüezi</p>\n" * 500}


def test_text_alone_is_a_single_part() -> None:
    message = parsed(Content(subject="s", text="Grüezi"))
    assert message.get_content_type() == "text/plain"
    assert content_of(message) == "Grüezi\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("plain\n", "7bit"),
        ("Grüezi mitenand\n", "quoted-printable"),
        ("東京都千代田区\n", "base64"),
        ("x" * 998 + "\n", "7bit"),
        ("x" * 999 + "\n", "quoted-printable"),
        ("a\nFrom here\n", "quoted-printable"),
        ("From here\n", "quoted-printable"),
        ("a\0b\n", "quoted-printable"),
        ("--=_" + "x\n", "quoted-printable"),
        ("trailing space \n.\n..\n", "7bit"),
        ("ü trailing space \n.\n=3D\t\n", "quoted-printable"),
    ],
)
def test_encodings(text: str, encoding: str) -> None:
    message = parsed(Content(subject="s", text=text))
    assert message["Content-Transfer-Encoding"] == encoding
    assert content_of(message) == text


@pytest.mark.parametrize(
    "subject",
    [
        "",
        "Plain",
        "Grüezi, Ada – 20 % für dich",
        "カートに商品が残っています " * 8,
        "=?utf-8?q?not_encoded?=",
        "word " * 40 + "end",
        "x" * 300,
        "two  spaces   and " + "more  " * 20 + "end",
        "👩‍👩‍👧 " * 30 + "ü",
    ],
)
def test_subjects(subject: str) -> None:
    raw = built(Content(subject=subject, text="x"))
    header = raw.partition(b"\r\nDate:")[0].partition(b"Subject:")[2]
    assert max(map(len, header.split(b"\r\n"))) <= 78
    assert parsed(Content(subject=subject, text="x"))["Subject"] == subject.strip()


@pytest.mark.parametrize(
    ("sender", "name", "mail"),
    [
        ("hello@shop.example", "", "hello@shop.example"),
        ("<hello@shop.example>", "", "hello@shop.example"),
        ("Shop & Söhne <hello@shop.example>", "Shop & Söhne", "hello@shop.example"),
        ("Doe, Jane (PhD) <j.d+x@shop.example>", "Doe, Jane (PhD)", "j.d+x@shop.example"),
        ('"Doe \\"J\\", Jane" <jd@shop.example>', 'Doe "J", Jane', "jd@shop.example"),
        ("Bücher <hallo@bücher.example>", "Bücher", "hallo@xn--bcher-kva.example"),
        ("a@straße.example", "", "a@xn--strae-oqa.example"),
        ("長い名前 " * 12 + "<a@b.example>", ("長い名前 " * 12).strip(), "a@b.example"),
        ("A" * 100 + " <a@b.example>", "A" * 100, "a@b.example"),
    ],
)
def test_addresses(sender: str, name: str, mail: str) -> None:
    assert address_of(sender) == mail
    (address,) = parsed(sender=sender)["From"].addresses
    assert address.addr_spec == mail
    assert display_name(built(sender=sender)) == name


@pytest.mark.parametrize(
    "to",
    [
        "",
        "ada",
        "a@b@c.example",
        "a@b.example, c@d.example",
        "x@y.example, Eve <c@d.example>",
        "a b@c.example",
        "a@",
        "@b.example",
        "a@b..example",
        "a@-b.example",
        "a..b@c.example",
        "Ada <a@b.example",
        "a@b.example>",
        "<a@b.example> <c@d.example>",
        "a;b@c.example",
        "ädä@shop.example",
        "x" * 65 + "@b.example",
        "a@" + "b." * 130 + "example",
        "a@b_ö!.example",
        "a@b.example;c@d.example",
        "grp: a@b.example;",
    ],
)
def test_anything_but_one_writable_address_is_refused(to: str) -> None:
    with pytest.raises(RenderError):
        built(to=to)


def test_the_refusal_of_a_local_part_says_why() -> None:
    with pytest.raises(RenderError, match="letters outside ASCII before the @"):
        address_of("ädä@shop.example")


@pytest.mark.parametrize(
    "evil", ["\r\nBcc: eve@evil.example", "\n", "\r", "\0", "\x1f", "\x7f", "\x85", "\u2028"]
)
@pytest.mark.parametrize(
    "place", ["subject", "sender", "to", "reply_to", "message_id", "unsubscribe", "list_id", "extra"]
)
def test_control_characters_are_refused_in_every_header(place: str, evil: str) -> None:
    evil_value = {
        "extra": {"X-A": f"a{evil}b"},
        "unsubscribe": f"https://shop.example/{evil}b",
        "message_id": f"a{evil}b@shop.example",
        "list_id": f"a{evil}b.shop.example",
        "subject": Content(subject=f"a{evil}b", text="x"),
    }.get(place, f"Ada{evil} <a@b.example>")
    with pytest.raises(RenderError):
        built(**{"content" if place == "subject" else place: evil_value})


@pytest.mark.parametrize("name", ["Subject", "bcc", "DKIM Signature", "X-A:", "", "X-Ä"])
def test_headers_of_ours_cannot_be_replaced(name: str) -> None:
    with pytest.raises(RenderError):
        built(extra={name: "x"})


@pytest.mark.parametrize(
    "way", ["http://shop.example/u", "javascript:x", "https://a b", "https://a>", "mailto:"]
)
def test_unsubscribe_addresses_are_https_or_mailto(way: str) -> None:
    with pytest.raises(RenderError):
        built(unsubscribe=way)


def test_the_same_message_has_the_same_bytes() -> None:
    assert built() == built()
    assert built() != built(message_id="8f3a@shop.example")


def test_feedback_id_holds_no_person() -> None:
    assert b"ada" not in built(journey="j", topic="t").split(b"Feedback-ID:")[1].split(b"\r\n")[0]


def test_attachments_travel_beside_the_text() -> None:
    data = bytes(range(256)) * 9
    files = [
        Attachment("return form.pdf", "application/pdf", b64encode(data).decode()),
        Attachment("Rückgabe.ics", "text/calendar", b64encode(b"BEGIN").decode()),
    ]
    message = parsed(attachments=files)
    assert message.get_content_type() == "multipart/mixed"
    body, form, calendar = message.iter_parts()
    assert isinstance(body, EmailMessage)
    assert parts(body) == {"text/plain": "Hello\n", "text/html": "<p>Hello</p>\n"}
    assert (form.get_filename(), form.get_content_type()) == ("return form.pdf", "application/pdf")
    assert form.get_content() == data
    assert form.get_content_disposition() == "attachment"
    assert calendar.get_filename() == "Rückgabe.ics"
    assert built(attachments=files) == built(attachments=files)


@pytest.mark.parametrize("name", ['a"b.pdf', "a\\b.pdf", "a;b.pdf"])
def test_the_name_of_an_attachment_breaks_out_of_no_header(name: str) -> None:
    message = parsed(attachments=[Attachment(name, "application/pdf", "eA==")])
    assert len(list(message.iter_parts())) == 2
    with pytest.raises(RenderError):
        built(attachments=[Attachment("a\r\nBcc: eve@evil.example.pdf", "application/pdf", "eA==")])
