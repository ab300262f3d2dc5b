"""Any text in a mail is read back by the standard library's parser as it was written."""

from __future__ import annotations

import email
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr

from hypothesis import given
from hypothesis import strategies as st

from engine.messages.mime import build
from engine.model.message import Content

# What JSON can carry and a header may: no control characters, no lone surrogates.
HEADER_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)
BODY = st.text(st.characters(exclude_categories=("Cs",)), max_size=2_000)


def read(raw: bytes) -> EmailMessage:
    assert re.fullmatch(rb"(?:[^\r\n]{0,998}\r\n)*", raw)
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def mail(content: Content, sender: str = "Shop <a@b.example>") -> EmailMessage:
    at = datetime(2026, 3, 28, tzinfo=UTC)
    return read(build(content, sender=sender, to="c@d.example", message_id="1@b.example", date=at))


def lines(text: str) -> str:
    """A body as mail has it: LF for every line end, one at the end."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    return unified if unified.endswith("\n") else unified + "\n"


@given(HEADER_TEXT)
def test_subjects_survive(subject: str) -> None:
    content = Content(subject=subject, text="x")
    assert mail(content)["Subject"] == subject.strip()


@given(HEADER_TEXT.map(str.strip).filter(lambda name: not re.search(r"[<>;@\"\\]", name)))
def test_names_survive(name: str) -> None:
    at = datetime(2026, 3, 28, tzinfo=UTC)
    content = Content(subject="s", text="x")
    raw = build(content, sender=f"{name} <a@b.example>", to="c@d.example", message_id="1@b.example", date=at)
    (address,) = read(raw)["From"].addresses
    assert address.addr_spec == "a@b.example"
    # The older parser reads the name: the newer one puts a space between two encoded words of a name.
    phrase, _ = parseaddr(email.message_from_bytes(raw)["From"])
    assert str(make_header(decode_header(phrase))).strip() == name.strip()


@given(BODY, BODY)
def test_bodies_survive(text: str, html: str) -> None:
    message = mail(Content(subject="s", text=text, html=html))
    plain, rich = (part.get_payload(decode=True) for part in message.iter_parts())
    assert isinstance(plain, bytes)
    assert isinstance(rich, bytes)
    assert lines(plain.decode()) == lines(text)
    assert lines(rich.decode()) == lines(html)
