"""`journeys dkim`: a key, its record, and mail that another program finds signed by it."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import dkim
import pytest

from tests.unit.commands.conftest import Journeys


def said(journeys: Journeys, *arguments: str, code: int = 0) -> str:
    found, out, err = journeys(*arguments)
    assert found == code, out + err
    return out + err


def configure(shop: Path, text: str) -> None:
    (shop / "config.yaml").write_text(text)


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_a_key_is_made_named_and_used(shop: Path, journeys: Journeys, kind: str) -> None:
    out = said(journeys, "dkim", "create", "shop.example", "--selector", "s1", "--kind", kind)
    file = shop / "keys" / "shop.example.s1.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    configure(shop, re.findall(r"dkim:\n  .*\n", out)[0])
    record = re.findall(r"^s1\._domainkey\.shop\.example\. TXT (.*)$", out, re.MULTILINE)[0]
    assert record in said(journeys, "dkim", "show")
    text = "".join(re.findall(r'"([^"]*)"', record))

    (shop / "people.csv").write_text("id,email\nada,ada@customers.example\n")
    catalog = (shop / "journeys" / "catalog.yaml").read_text()
    (shop / "journeys" / "catalog.yaml").write_text(
        re.sub(r"<[^>]*@[^>]*>", "<hello@mail.shop.example>", catalog)
    )
    (shop / "journeys" / "greeting.yaml").write_text(
        "dsl: 1\njourney: greeting\nstatus: live\nowner: a@shop.example\ntrigger: { manual: true }\n"
        "steps: [ { id: letter, send: email, transactional: true, subject: Hello, body: Dear Ada. } ]\n"
    )
    for words in (
        "db upgrade",
        "apply",
        "import contacts people.csv",
        "enroll greeting ada",
        "run --until-idle",
    ):
        said(journeys, *words.split())
    (mail,) = (shop / "captured").rglob("*.eml")
    raw = mail.read_bytes()
    assert raw.startswith(b"DKIM-Signature: ")
    name = b"s1._domainkey.shop.example."
    assert dkim.verify(raw, dnsfunc=lambda asked, timeout=5: text.encode() if asked == name else None)
    assert not dkim.verify(
        raw.replace(b"Dear Ada", b"Dear Bob"), dnsfunc=lambda asked, timeout=5: text.encode()
    )


def test_a_key_is_never_written_over(shop: Path, journeys: Journeys) -> None:
    said(journeys, "dkim", "create", "shop.example", "--selector", "s1")
    before = (shop / "keys" / "shop.example.s1.pem").read_bytes()
    assert "is there already" in said(journeys, "dkim", "create", "shop.example", "--selector", "s1", code=1)
    assert (shop / "keys" / "shop.example.s1.pem").read_bytes() == before


def test_the_key_itself_may_come_from_the_environment(
    shop: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(journeys, "dkim", "create", "shop.example", "--selector", "s1")
    file = shop / "keys" / "shop.example.s1.pem"
    monkeypatch.setenv("SHOP_KEY", file.read_text())
    file.unlink()
    configure(shop, 'dkim: { shop.example: { s1: "${SHOP_KEY}" } }\n')
    assert "v=DKIM1; k=rsa" in said(journeys, "dkim", "show")


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("dkim: shop.example\n", "`dkim` is a section"),
        ("dkim: { Shop: { s1: a.pem } }\n", "`Shop` is no domain"),
        ("dkim: { shop.example: a.pem }\n", "needs a selector before the key"),
        ("dkim: { shop.example: { 'S 1': a.pem } }\n", "`S 1` is no selector"),
        ("dkim: { shop.example: { s1: [a] } }\n", "here stands no file"),
        ('dkim: { shop.example: { s1: "-----BEGIN PRIVATE KEY-----" } }\n', "must not stand in the file"),
        ('dkim: { shop.example: { s1: "${NO_SUCH_KEY}" } }\n', "NO_SUCH_KEY, which is not set"),
        ("dkim: { shop.example: { s1: keys/none.pem } }\n", "`keys/none.pem` cannot be read"),
        ("dkim: { shop.example: { s1: config.yaml } }\n", "holds no private key"),
    ],
)
def test_what_cannot_sign_is_told_with_its_place(
    shop: Path, journeys: Journeys, config: str, words: str
) -> None:
    configure(shop, config)
    told = said(journeys, "dkim", "show", code=2)
    assert words in told
    assert "config.yaml:1:" in told
    assert "Traceback" not in told


def test_names_that_cannot_be(shop: Path, journeys: Journeys) -> None:
    assert "cannot be a selector" in said(journeys, "dkim", "create", "../x", "--selector", "s1", code=2)
    assert not (shop / "keys").exists()
