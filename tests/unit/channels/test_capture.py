"""Captured mail: names no recipient can bend, no doubles, nothing half-written, and words for a full disk."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path

import pytest

from engine.channels.capture import CaptureChannel
from engine.model.message import Parcel, Receipt
from tests.support.parcels import deliver, no, parcel, yes


def captured(folder: Path) -> list[Path]:
    """Everything below the folder and beside it, hidden or not."""
    return sorted(path for path in folder.parent.rglob("*") if path.is_file())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "around" / "captured"


def test_the_file_holds_the_message_to_the_byte(folder: Path) -> None:
    [receipt] = asyncio.run(deliver(CaptureChannel(folder, fsync=True), [parcel()]))
    [file] = captured(folder)
    assert file.read_bytes() == parcel().raw
    assert file.name.startswith("ada@shop.example-")
    assert file.suffix == ".eml"
    assert (receipt.kind, receipt.text) == ("sent", str(file))


def test_the_same_message_twice_is_one_file(folder: Path) -> None:
    asyncio.run(deliver(CaptureChannel(folder), [parcel(1), parcel(1)]))
    asyncio.run(deliver(CaptureChannel(folder), [parcel(1)]))
    assert len(captured(folder)) == 1


@pytest.mark.parametrize(
    "recipient",
    [
        "../../../x",
        "/etc/passwd",
        "..",
        ".hidden",
        "a\\b",
        "C:evil",
        "nul\x00byte",
        "line\nbreak",
        "名前@例え.jp",
        "x" * 5000 + "@shop.example",
        "",
        "\ud800",
        "-rf@shop.example",
    ],
)
def test_no_recipient_bends_the_name(recipient: str, folder: Path) -> None:
    [receipt] = asyncio.run(deliver(CaptureChannel(folder), [parcel(recipient=recipient)]))
    [file] = captured(folder)
    assert receipt.kind == "sent"
    assert file.parent == folder
    assert not file.name.startswith(".")
    assert len(file.name) < 120


def test_recipients_that_look_alike_once_made_safe_have_files_of_their_own(folder: Path) -> None:
    parcels = [parcel(1, recipient="a/b@shop.example"), parcel(1, recipient="a\\b@shop.example")]
    asyncio.run(deliver(CaptureChannel(folder), parcels))
    assert len(captured(folder)) == 2


def test_a_no_leaves_nothing_behind(folder: Path) -> None:
    [receipt] = asyncio.run(deliver(CaptureChannel(folder), [parcel()], no))
    assert receipt.kind == "withheld"
    assert captured(folder) == []


def test_a_failing_question_leaves_nothing_behind_and_is_not_taken_for_a_full_disk(folder: Path) -> None:
    async def broken(_: Parcel) -> bool:
        raise OSError("the database is gone")

    with pytest.raises(OSError, match="the database is gone"):
        asyncio.run(deliver(CaptureChannel(folder), [parcel()], broken))
    assert captured(folder) == []


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_relay(folder: Path) -> None:
    folder.parent.parent.joinpath("around").write_text("a file, not a folder")
    [receipt] = asyncio.run(deliver(CaptureChannel(folder), [parcel()]))
    assert receipt.kind == "relay_fault"
    assert "delivery.capture_dir" in receipt.text


def test_a_full_disk_is_found_before_the_question_and_told_in_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(_: Parcel) -> bool:
        raise AssertionError("nothing can be written, so nothing may be recorded")

    def full(self: Path, *_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "open", full)
    [receipt] = asyncio.run(deliver(CaptureChannel(folder), [parcel()], never))
    assert receipt == Receipt(
        "relay_fault",
        "data",
        None,
        f"the disk under the folder {folder} for captured mail is full; make room",
    )


def test_no_more_at_once_than_connections(folder: Path) -> None:
    at_once = most = 0

    async def count(_: Parcel) -> bool:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return True

    async def scenario() -> None:
        channel = CaptureChannel(folder, connections=2)
        await asyncio.gather(*(channel.deliver(parcel(key), count) for key in range(20)))

    asyncio.run(scenario())
    assert 1 <= most <= 2
    assert len(captured(folder)) == 20


def test_closing_twice_is_safe(folder: Path) -> None:
    async def scenario() -> Receipt:
        channel = CaptureChannel(folder)
        await channel.close()
        await channel.close()
        return await channel.deliver(parcel(), yes)

    assert asyncio.run(scenario()).kind == "sent"
