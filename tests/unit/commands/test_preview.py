"""`journeys preview`: what one contact would read, as text, page or mail."""

from __future__ import annotations

from email import message_from_string, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.unit.commands.conftest import Journeys

ADA = '{"email": "ada@shop.example", "first_name": "Ada", "locale": "de-CH"}'
CART = '{"cart_id": "c1", "total": 80}'
LETTER = "abandoned-cart/reminder-1"


def test_text_is_the_subject_and_the_words(shop: Path, journeys: Journeys) -> None:
    code, out, err = journeys("preview", LETTER, "--contact", ADA, "--trigger", CART, "--format", "text")
    assert (code, err) == (0, "")
    assert out.startswith("Subject: Your cart is still here\n\nHello Ada,\n")
    assert "80.00 in all" in out


def test_html_is_the_page_and_nothing_else(shop: Path, journeys: Journeys) -> None:
    code, out, _ = journeys("preview", LETTER, "--contact", ADA)
    assert code == 0
    assert out.startswith("<!DOCTYPE html>")
    assert out.endswith("</html>\n")
    assert "Hello Ada," in out


def test_eml_is_the_mail_as_it_would_leave(shop: Path, journeys: Journeys) -> None:
    code, out, _ = journeys("preview", LETTER, "--contact", ADA, "--trigger", CART, "--format", "eml")
    assert code == 0
    mail = message_from_string(out, EmailMessage, policy=policy.default)
    assert mail["To"] == "ada@shop.example"
    assert mail["Subject"] == "Your cart is still here"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "name",
    ["abandoned-cart/first-reminder", "journeys/abandoned-cart/reminder-1", f"journeys/{LETTER}.md"],
)
def test_a_step_or_a_file_names_the_message_too(shop: Path, journeys: Journeys, name: str) -> None:
    found = journeys("preview", name, "--contact", ADA, "--format", "text")
    assert found == journeys("preview", LETTER, "--contact", ADA, "--format", "text")
    assert found[0] == 0


def test_the_step_brings_its_constants(shop: Path, journeys: Journeys) -> None:
    """free-delivery reads `with.free_delivery_from`, which stands at the step."""
    code, out, err = journeys(
        "preview", "abandoned-cart/free-delivery", "--contact", ADA, "--trigger", CART, "--format", "text"
    )
    assert (code, err) == (0, "")
    assert "150" in out


def test_a_contact_may_lie_in_a_file(shop: Path, journeys: Journeys) -> None:
    (shop / "ada.json").write_text(ADA, encoding="utf-8")
    code, out, _ = journeys("preview", LETTER, "--contact", "@ada.json", "--format", "text")
    assert code == 0
    assert "Hello Ada," in out


def test_a_value_that_the_message_needs_is_named(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys/abandoned-cart/reminder-1.md").write_text(
        "---\nsubject: Hello\n---\nYour cart {{ trigger.cart_id }} is here.\n", encoding="utf-8"
    )
    code, out, err = journeys("preview", LETTER, "--contact", ADA)
    assert (code, out) == (1, "")
    assert "trigger.cart_id" in err


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((LETTER, "--contact", ADA, "--format", "png"), 2, "`--format png` does not run in this version yet"),
        (("reminder-1", "--contact", ADA), 2, "Write both with a slash"),
        (("abandoned-cart/reminder-9", "--contact", ADA), 2, "Did you mean `reminder-1`?"),
        (("abandond-cart/reminder-1", "--contact", ADA), 2, "Did you mean `abandoned-cart`?"),
        (
            (LETTER, "--contact", '{"email": "ada"}'),
            2,
            "--contact: `email` is `ada`, which is no mail address",
        ),
        ((LETTER, "--contact", "[]"), 2, "--contact is no JSON object"),
        ((LETTER, "--contact", ADA, "--trigger", "{"), 2, "--trigger cannot be read as JSON"),
        ((LETTER, "--contact", "{}", "--format", "eml"), 2, "the contact has no e-mail address"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(
    shop: Path, journeys: Journeys, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found, out, err = journeys("preview", *arguments)
    assert (found, out) == (code, "")
    assert words in err
