"""The table of channels: whole, explicit, and quick to look at."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import engine.channels
from engine.channels.capture import CaptureChannel
from engine.channels.email import SmtpChannel
from engine.channels.smtp.settings import SmtpSettings
from engine.channels.table import CHANNELS, ChannelSettings, open_channel
from engine.errors import UsageError

SETTINGS = ChannelSettings(smtp=SmtpSettings("mail.shop.example"))


def test_each_name_opens_its_channel() -> None:
    assert isinstance(open_channel("capture", SETTINGS), CaptureChannel)
    assert isinstance(open_channel("smtp", SETTINGS), SmtpChannel)
    assert [open_channel(name, SETTINGS).name for name in CHANNELS] == list(CHANNELS)


def test_no_channel_is_missing_from_the_table() -> None:
    [folder] = engine.channels.__path__
    files = {file.stem for file in Path(folder).glob("*.py")} - {"__init__", "table"}
    opened = {type(open_channel(name, SETTINGS)).__module__.rpartition(".")[2] for name in CHANNELS}
    assert opened == files


def test_an_unknown_channel_is_told_with_the_known_ones() -> None:
    with pytest.raises(UsageError) as refused:
        open_channel("pigeon", SETTINGS)
    assert "pigeon" in refused.value.message
    assert refused.value.help == "write one of capture, smtp"


def test_smtp_without_a_server_is_told_what_to_write() -> None:
    with pytest.raises(UsageError) as refused:
        open_channel("smtp", ChannelSettings())
    assert "smtp: {host:" in refused.value.help


def test_capturing_does_not_load_the_mail_library() -> None:
    program = (
        "import sys; from engine.channels.table import *; open_channel('capture', ChannelSettings()); "
        "print('aiosmtplib' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
