"""config.yaml, the environment and credentials: what is read, what is refused and in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import UsageError
from engine.model.policy import Policy
from engine.service.config_file import load_settings
from engine.service.config_values import SETTINGS
from engine.service.settings import Settings

EXAMPLE = Path(__file__).parents[3] / "config.example.yaml"


def read(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder, environment or {})


def refused(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read(folder, text, environment)
    assert caught.value.exit_code == 2
    return caught.value


# --- defaults and the example --------------------------------------------------------------------


def test_without_a_file_the_defaults_apply(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {})
    assert settings == Settings(tmp_path)
    assert settings.delivery.email == "capture"
    assert settings.database_url == f"sqlite:///{tmp_path}/journeys.db"
    assert settings.capture_dir == tmp_path / "captured"
    assert settings.policy() == Policy()
    assert settings.unsubscribe is None
    assert settings.on_unsure == "resend"


@pytest.mark.parametrize("text", ["", "# only a comment\n"])
def test_an_empty_file_is_the_defaults_too(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == Settings(tmp_path)


def test_the_example_holds_every_setting_with_its_default(tmp_path: Path) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert read(tmp_path, text) == Settings(tmp_path)
    for setting in SETTINGS:
        assert re.search(rf"^\s*{setting.path[-1]}: .+# .+$", text, re.MULTILINE), setting.name
    written = re.findall(r"^\s*([a-z_]+):", text, re.MULTILINE)
    assert re.search(r"^caps: \{\} +# .+$", text, re.MULTILINE)
    sections = {setting.path[:depth] for setting in SETTINGS for depth in range(1, len(setting.path))}
    assert len(written) == len(SETTINGS) + len(sections) + len(["channels", "caps", "dkim"])


@pytest.mark.parametrize(
    ("text", "caps"),
    [
        ("caps: {}", []),
        ("caps:", []),
        ("caps: { email: 3 per 7 days }", ["email: 3 per 7 days"]),
        ("caps: { email: 1 per day, all: 5 per 7 days }", ["email: 1 per day", "all: 5 per 7 days"]),
        ("caps:\n  email: 1 per day, 3 per week", ["email: 1 per day", "email: 3 per week"]),
        ("caps: { sms: [1 per hour, 2 per P1D] }", ["sms: 1 per hour", "sms: 2 per P1D"]),
        ("caps: { topic news: 1 per month }", ["topic news: 1 per month"]),
    ],
)
def test_frequency_caps(tmp_path: Path, text: str, caps: list[str]) -> None:
    assert [str(cap) for cap in read(tmp_path, text).policy().caps] == caps


def test_a_cap_from_the_environment_wins(tmp_path: Path) -> None:
    settings = read(tmp_path, "caps: { email: 3 per week }", {"JOURNEYS_CAPS__EMAIL": "1 per day"})
    assert [str(cap) for cap in settings.caps] == ["email: 1 per day"]
    assert settings.caps[0].per.days == 1


# --- values --------------------------------------------------------------------------------------


def test_a_relay_is_read_with_its_secret_from_the_environment(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "delivery: { email: smtp }\n"
        "smtp: { host: mail.shop.example, port: 465, user: shop, password: '${PW}', tls: implicit }\n",
        {"PW": "hunter2"},
    )
    smtp = settings.smtp()
    assert (smtp.host, smtp.port, smtp.user, smtp.password) == ("mail.shop.example", 465, "shop", "hunter2")
    assert (smtp.tls, smtp.connections) == ("implicit", 4)
    assert not settings.is_loopback_relay
    assert "hunter2" not in repr(settings)


def test_secrets_may_be_files_that_the_system_hands_over(tmp_path: Path) -> None:
    (tmp_path / "PW").write_text("from a file\n", encoding="utf-8")
    text = "smtp: { host: 127.0.0.1, user: shop, password: '${PW}' }\n"
    settings = read(tmp_path, text, {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert settings.smtp().password == "from a file"


def test_a_database_address_is_not_shown(tmp_path: Path) -> None:
    settings = read(tmp_path, "database: postgresql://shop:${PW}@db.example/shop", {"PW": "hunter2"})
    assert settings.database_url == "postgresql://shop:hunter2@db.example/shop"
    assert "hunter2" not in repr(settings)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "smtp: { host: 127.0.0.1, port: 25 }\nlimits: { late_after: 2 days }\non_unsure: hold\n",
        {"JOURNEYS_SMTP__PORT": "2525", "JOURNEYS_DATABASE": "sqlite:///other.db", "HOME": "/root"},
    )
    assert settings.relay.port == 2525
    assert settings.database_url == f"sqlite:///{tmp_path}/other.db"
    assert settings.policy().late_after == timedelta(days=2)
    assert settings.on_unsure == "hold"


@pytest.mark.parametrize("written", ["bye@shop.example", "mailto:bye@shop.example"])
def test_an_unsubscribe_address_becomes_a_link(tmp_path: Path, written: str) -> None:
    settings = read(tmp_path, f"unsubscribe_mailto: {written}")
    assert settings.unsubscribe == "mailto:bye@shop.example?subject=unsubscribe"


@pytest.mark.parametrize(
    ("text", "is_loopback"),
    [
        ("", True),
        ("delivery: { email: smtp }\nsmtp: { host: localhost }", True),
        ("delivery: { email: smtp }\nsmtp: { host: 127.0.0.2 }", True),
        ("delivery: { email: smtp }\nsmtp: { host: mail.shop.example }", False),
    ],
)
def test_whether_mail_can_leave_this_machine(tmp_path: Path, text: str, is_loopback: bool) -> None:
    assert read(tmp_path, text).is_loopback_relay is is_loopback


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("smpt: { host: x }", "config.yaml:1:1: there is no setting `smpt`. Did you mean `smtp`?"),
        (
            "smtp:\n  hots: x",
            "config.yaml:2:3: there is no setting `smtp.hots`. Did you mean `host`?",
        ),
        ("caps: 3", "config.yaml:1:7: `caps` is a section, not a value"),
        ("caps: { email: 3 }", "config.yaml:1:16: caps.email: `3` is no frequency cap"),
        ("caps: { email: 3 per }", "caps.email: `3 per` is no frequency cap"),
        ("caps: { email: 0 per day }", "caps.email: a cap of 0 would let nothing through"),
        ("caps: { email: 3 per 7 dsys }", "caps.email: `7 dsys`"),
        ("caps: { email: 3 per 0 days }", "caps.email: `0 days` is no time at all"),
        ("caps: { emial: 3 per day }", "caps.emial: `emial` is neither a channel nor `all`."),
        ("caps: { email: { most: 3 } }", "`caps.email` is a single value"),
        ("http: { port: web }", "`web` is no whole number"),
        ("delivery: smtp", "config.yaml:1:11: `delivery` is a section, not a value"),
        ("delivery: { email: stmp }", "config.yaml:1:20: delivery.email: `stmp` cannot stand here."),
        ("smtp: { port: yes }", "config.yaml:1:15: smtp.port: `yes` is no whole number"),
        ("limits: { late_after: 24 }", "config.yaml:1:23: limits.late_after: `24` has no unit"),
        ("limits: { late_after: 1 month }", "`1 month` is not always equally long"),
        ("database: mysql://x", "config.yaml:1:11: database: this is no address of a database"),
        ("on_unsure: shrug", "config.yaml:1:12: on_unsure: `shrug` cannot stand here."),
        ("unsubscribe_mailto: here", "unsubscribe_mailto: `here` is no mail address"),
        ("delivery: { email: smtp }", "`smtp.host` does not say which server"),
        ("smtp: { host: mail.shop.example, tls: none }", "works only with a server on this machine"),
        ("smtp: [a]", "config.yaml:1:7: `smtp` is a section, not a value"),
        ("on_unsure: { a: b }", "`on_unsure` is a single value"),
        ("a b", "config.yaml:1:1: The file holds a text without a key"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    assert words in refused(tmp_path, text).message


def test_a_secret_must_not_stand_in_the_file(tmp_path: Path) -> None:
    error = refused(tmp_path, "smtp: { host: 127.0.0.1, user: shop, password: hunter2 }")
    assert "`smtp.password` is a secret" in error.message
    assert "${SMTP_PASSWORD}" in error.help
    assert "hunter2" not in error.message + error.help


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, "smtp:\n  password: ${SMTP_PASSWORD}")
    assert error.message.startswith("config.yaml:2:13: ")
    assert "SMTP_PASSWORD, which is not set" in error.message


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("JOURNEYS_SMPT__PORT", "Did you mean `JOURNEYS_SMTP__PORT`?"),
        ("JOURNEYS_HTTP__PRT", "Did you mean `JOURNEYS_HTTP__PORT`?"),
    ],
)
def test_a_variable_that_stands_for_nothing_is_refused(tmp_path: Path, name: str, words: str) -> None:
    assert words in refused(tmp_path, "", {name: "1"}).message


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings(tmp_path, {}, tmp_path / "nope.yaml")
