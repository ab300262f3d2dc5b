"""The section `channels` of config.yaml: what is read, and what is refused in which words and where."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from engine.errors import UsageError
from engine.service.captured import captured_channels, notes
from engine.service.config_file import load_settings
from engine.service.settings import Settings

SECRETS = {
    "SMS_TOKEN": "hunter2",
    "SMS_BASIC": "hunter4",
    "CRM_WEBHOOK_SECRET": "whsec_" + "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB",
    "SALES_CHAT_URL": "https://chat.example/hooks/hunter3",
}
DOCS = Path(__file__).parents[3] / "docs" / "channels.md"


def read(folder: Path, text: str) -> Settings:
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return load_settings(folder, SECRETS)


def refused(folder: Path, text: str) -> tuple[str, str]:
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    return caught.value.message, caught.value.help


def test_a_provider_is_read_with_its_secrets_from_the_environment(tmp_path: Path) -> None:
    settings = read(
        tmp_path,
        "delivery: { sms: http }\n"
        "channels:\n"
        "  sms:\n"
        "    url: https://sms.example/send\n"
        "    method: PUT\n"
        "    headers: { Authorization: 'Bearer ${SMS_TOKEN}', X-Shop: 7 }\n"
        "    body: { to: '{{ to }}', parts: [{ text: '{{ text }}', n: 1 }] }\n"
        "    timeout: 5 seconds\n"
        "    connections: 2\n",
    )
    sms = settings.channels["sms"][""]
    assert (sms.method, sms.timeout, sms.connections) == ("PUT", 5.0, 2)
    assert sms.headers == {"Authorization": "Bearer hunter2", "X-Shop": "7"}
    assert sms.body == {"to": "{{ to }}", "parts": [{"text": "{{ text }}", "n": 1}]}
    assert settings.way_of("sms") == "http"
    assert settings.way_of("push") == "capture"
    assert "hunter" not in repr(settings)


def test_what_is_left_out_has_a_plain_body(tmp_path: Path) -> None:
    text = "channels: { sms: { url: https://x.example }, chat: { sales: { url: '${SALES_CHAT_URL}' } } }\n"
    channels = read(tmp_path, text).channels
    assert channels["sms"][""].body == {"to": "{{ to }}", "text": "{{ text }}"}
    assert channels["chat"]["sales"].body == {"text": "{{ text }}"}
    assert channels["chat"]["sales"].url.endswith("hunter3")


@pytest.mark.parametrize("number", range(4))
def test_the_examples_of_the_docs_are_read(tmp_path: Path, number: int) -> None:
    blocks = [part.split("```")[0] for part in DOCS.read_text(encoding="utf-8").split("```yaml\n")[1:]]
    configs = [block for block in blocks if "channels:" in block]
    assert len(configs) == 4
    settings = read(tmp_path, configs[number])
    assert settings.channels
    assert yaml.safe_load(configs[number])["channels"].keys() == settings.channels.keys()


@pytest.mark.parametrize(
    ("text", "words", "help"),
    [
        ("channels: { fax: { url: https://x.example } }", "1:18: there is no channel `fax`", "sms, push"),
        ("channels: { sms: https://x.example }", "1:18: `channels.sms` is a section", "url"),
        ("channels: { sms: { method: PUT } }", "has no `url`", "https://"),
        ("channels: { sms: { url: https://x.example, bodi: {} } }", "no setting `channels.sms.bodi`", "body"),
        ("channels: { sms: { url: http://x.example } }", "not encrypted", "allow"),
        ("channels: { sms: { url: file:///etc/passwd } }", "must begin with https", "https"),
        ("channels: { sms: { url: https://x.example, method: GET } }", "`GET` cannot stand here", "`POST`"),
        ("channels: { sms: { url: https://x.example, timeout: 5 } }", "has no unit", "5 hours"),
        ("channels: { sms: { url: https://x.example, timeout: 1 hour } }", "too long to wait", "120"),
        ("channels: { sms: { url: https://x.example, connections: 0 } }", "connections", "1 to 64"),
        ("channels: { sms: { url: https://x.example, allow: shop } }", "no address of a network", "10.1"),
        (
            "channels: { sms: { url: https://x.example, headers: { Authorization: abc } } }",
            "is a secret and must not stand in the file",
            "${SMS_HEADERS_AUTHORIZATION}",
        ),
        (
            "channels: { sms: { url: https://x.example, headers: { X: '${NOPE}' } } }",
            "needs the environment variable NOPE",
            "Set NOPE",
        ),
        (
            "channels: { sms: { url: https://x.example, body: { a: '{{ txt }}' } } }",
            "`{{ txt }}` is nothing that a request can say. Did you mean `text`?",
            "to, text",
        ),
        ("channels: { webhook: { url: https://x.example } }", "does not say where to", "url: { url:"),
        ("channels: { webhook: { My CRM: { url: https://x.example } } }", "cannot be the name", "small"),
        (
            "channels: { webhook: { crm: { url: https://x.example, body: { a: b } } } }",
            "sends its message as it is",
            "leave it out",
        ),
        (
            "channels: { webhook: { crm: { url: https://x.example, secret: '${SMS_TOKEN}' } } }",
            "not one of the standard",
            "whsec_",
        ),
        ("delivery: { sms: http }", "nothing under `channels.sms` says where to", "docs/channels.md"),
        ("delivery: { sms: twilio }", "`twilio` cannot stand here", "`capture` or `http`"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, words: str, help: str) -> None:
    message, remedy = refused(tmp_path, text + "\n")
    assert words in message
    assert help in remedy
    assert "hunter" not in message + remedy


COMPILED = {
    "steps": [
        {"verb": "send", "data": {"send": "sms"}},
        {"verb": "send", "data": {"send": "sms"}},
        {"verb": "wait", "data": {"wait": "1 day"}},
        {"verb": "send", "data": {"send": "webhook", "to": "crm"}},
        {"verb": "send", "data": {"send": "webhook"}},
        {"verb": "send", "data": {"send": "email"}},
    ]
}


def test_channels_that_reach_nobody_are_named(tmp_path: Path) -> None:
    nothing = Settings(tmp_path)
    assert captured_channels(COMPILED, nothing) == ["sms", "webhook crm", "webhook default"]
    some = read(
        tmp_path,
        "delivery: { sms: http, webhook: http }\n"
        "channels: { sms: { url: https://x.example }, webhook: { crm: { url: https://y.example } } }\n",
    )
    assert captured_channels(COMPILED, some) == ["webhook default"]
    [note] = notes([("cart", COMPILED), ("welcome", COMPILED)], some)
    assert note.startswith("webhook to `default` reaches nobody: cart, welcome sends it")
