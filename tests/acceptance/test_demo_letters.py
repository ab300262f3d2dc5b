"""The page with a letter of each kind that `make demo` leaves behind."""

from __future__ import annotations

from pathlib import Path

from examples.demo.letters import write_letters

MAIL = """\
From: Example Shop <hello@shop.example>
To: {to}
Subject: {subject}
Date: Sun, 29 Mar 2026 06:00:00 +0000
Feedback-ID: {journey}:cart:marketing:shop.example
Content-Type: text/html; charset="utf-8"

<p class="x">Hello "{to}"</p>
"""


def mail(folder: Path, number: int, journey: str, subject: str, to: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{number:08}.eml").write_text(MAIL.format(journey=journey, subject=subject, to=to))


def test_each_kind_of_letter_is_shown_once_and_cannot_run_anything(tmp_path: Path) -> None:
    mail(tmp_path / "a", 1, "welcome", "Second & last", "ada@shop.example")
    mail(tmp_path / "a", 2, "cart", "Your cart", "ben@shop.example")
    mail(tmp_path / "b", 3, "cart", "Your cart", "eve@shop.example")
    page = tmp_path / "letters.html"
    assert write_letters(page, [tmp_path / "a", tmp_path / "b"]) == 2
    text = page.read_text()
    assert text.index("<h2>cart</h2>") < text.index("<h2>welcome</h2>")
    assert text.count("<iframe sandbox srcdoc=") == 2
    assert "Second &amp; last" in text
    assert "&lt;p class=&quot;x&quot;&gt;Hello &quot;ben@shop.example&quot;" in text
    assert "eve@shop.example" not in text
