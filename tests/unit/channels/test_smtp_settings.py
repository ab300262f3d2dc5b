"""Settings that cannot work are refused in words, and the password is never shown."""

from __future__ import annotations

from typing import Any

import pytest

from engine.channels.smtp.settings import SmtpSettings, Timeouts, is_loopback
from engine.errors import UsageError


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "::1", "localhost", "LOCALHOST"])
def test_unprotected_mail_is_for_this_machine(host: str) -> None:
    assert SmtpSettings(host, 25, tls="none").tls == "none"


@pytest.mark.parametrize(
    "host",
    ["mail.shop.example", "10.0.0.1", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "127.1"],
)
def test_unprotected_mail_leaves_this_machine_for_nobody(host: str) -> None:
    with pytest.raises(UsageError) as refused:
        SmtpSettings(host, 25, tls="none")
    assert host in refused.value.message
    assert "tls: required" in refused.value.help
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"host": ""}, "smtp.host"),
        ({"host": "mail.shop.example\r\nRSET"}, "smtp.host"),
        ({"port": 0}, "smtp.port"),
        ({"port": 65536}, "smtp.port"),
        ({"connections": 0}, "connections"),
        ({"messages_per_connection": 0}, "messages_per_connection"),
        ({"user": "shop"}, "smtp.password is missing"),
        ({"password": "open sesame"}, "smtp.user is missing"),
        ({"tls": "starttls"}, "'starttls' is none of required, implicit, none"),
        ({"source_name": "my machine"}, "smtp.source_name"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError) as refused:
        SmtpSettings(**{"host": "mail.shop.example", **settings})
    assert words in refused.value.message
    assert refused.value.help
    assert "open sesame" not in refused.value.message


def test_the_password_is_not_shown() -> None:
    assert "open sesame" not in repr(SmtpSettings("mail.shop.example", user="shop", password="open sesame"))


def test_the_usual_patience_is_that_of_rfc_5321() -> None:
    usual = Timeouts()
    assert (usual.banner, usual.mail, usual.rcpt, usual.data, usual.dot) == (300, 300, 300, 120, 600)


def test_patience_after_the_message_has_a_floor() -> None:
    assert Timeouts(dot=60).dot == 60
    with pytest.raises(UsageError, match="second time"):
        Timeouts(dot=59)
    assert Timeouts(dot=1, dot_at_least=0).dot == 1


def test_no_patience_at_all_is_refused() -> None:
    with pytest.raises(UsageError, match="timeout for mail"):
        Timeouts(mail=0)
