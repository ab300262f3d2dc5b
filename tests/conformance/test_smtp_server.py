"""The quick server as a process, as acceptance tests use it: a message accepted twice is two files."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.channels.email import SmtpChannel, SmtpSettings
from tests.support.parcels import deliver, parcel

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(folder: Path) -> Iterator[int]:
    """The port of a server that files into this folder."""
    command = [sys.executable, "-m", "tests.support.smtp_server", "--port", "0", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        try:
            words = process.stdout.readline().split()
            assert words[:2] == ["listening", "127.0.0.1"]
            yield int(words[2])
        finally:
            process.terminate()


def test_each_acceptance_is_one_file_also_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        with serving(tmp_path) as port:
            channel = SmtpChannel(
                SmtpSettings("127.0.0.1", port, tls="none", source_name="news.shop.example")
            )
            receipts = asyncio.run(deliver(channel, [parcel(1), parcel(2), parcel(1)]))
            assert [receipt.kind for receipt in receipts] == ["sent"] * 3

    filed = [file.read_bytes() for file in sorted(tmp_path.iterdir())]
    assert filed == [parcel(1).raw, parcel(2).raw, parcel(1).raw] * 2
