"""The table of channels: whole, explicit, and quick to look at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import engine.channels
from engine.channels.capture import CaptureChannel
from engine.channels.email import SmtpChannel
from engine.channels.http.settings import HttpSettings
from engine.channels.smtp.settings import SmtpSettings
from engine.channels.table import CHANNELS, ChannelSettings, open_channel
from engine.errors import UsageError
from engine.model.channels import CHANNELS as OF_THE_LANGUAGE

REQUEST = HttpSettings("https://provider.example/send", body={"to": "{{ to }}", "text": "{{ text }}"})
SETTINGS = ChannelSettings(
    smtp=SmtpSettings("mail.shop.example"),
    http={channel: {"": REQUEST} for channel in OF_THE_LANGUAGE[1:]},
)


def test_each_name_opens_its_channel() -> None:
    assert isinstance(open_channel("email", "capture", SETTINGS), CaptureChannel)
    assert isinstance(open_channel("email", "smtp", SETTINGS), SmtpChannel)
    assert tuple(CHANNELS) == OF_THE_LANGUAGE
    for channel in OF_THE_LANGUAGE[1:]:
        assert isinstance(open_channel(channel, "capture", SETTINGS), CaptureChannel)
        assert open_channel(channel, "http", SETTINGS).name == channel


def test_no_channel_is_missing_from_the_table() -> None:
    [folder] = engine.channels.__path__
    files = {file.stem for file in Path(folder).glob("*.py")} - {"__init__", "table"}
    opened = {
        type(open_channel(channel, way, SETTINGS)).__module__.split(".")[2]
        for channel, ways in CHANNELS.items()
        for way in ways
    }
    assert opened == files | {"http"}


def test_an_unknown_channel_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        open_channel("email", "pigeon", SETTINGS)
    assert "pigeon" in refused.value.message
    assert refused.value.help == "write one of capture, smtp"


def test_smtp_without_a_server_is_told_what_to_write() -> None:
    with pytest.raises(UsageError) as refused:
        open_channel("email", "smtp", ChannelSettings())
    assert "smtp: {host:" in refused.value.help


def test_capturing_does_not_load_the_mail_library() -> None:
    program = (
        "import sys; from engine.channels.table import *; "
        "open_channel('email', 'capture', ChannelSettings()); "
        "print('aiosmtplib' in sys.modules or 'httpcore' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
