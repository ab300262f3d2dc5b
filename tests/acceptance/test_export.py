"""`journeys export` as people use it: a redirect, a file, a file that broke off; and the way back."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.store.database import Store
from tests.acceptance.test_import import CATALOG, ROOT, Shop

CONTACTS = """\
{"id": "ann", "email": "ann@shop.example", "orders": 3, "first_name": "=1+1"}
{"id": "bob", "phone": "+41 79 123 45 67", "plan": "gold", "suppressed": {"email": "hard_bounce"}}
"""
ORDER = {"order_id": "o1", "total": 10, "note": "a,b"}
EVENTS = "\n".join(
    json.dumps(
        {"type": "track", "userId": who, "event": what, "timestamp": at, "messageId": id, "properties": of}
    )
    for id, who, what, at, of in (
        ("m1", "ann", "Order Completed", "2026-01-05T10:00:00Z", ORDER),
        ("m2", "bob", "Seen", "2026-01-06T10:00:00Z", {}),
        ("m3", "ann", "Seen", "2026-01-07T10:00:00Z", {}),
    )
)


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    shop = Shop(tmp_path / "shop", capsys)
    shop.bring("contacts", shop.write("contacts.jsonl", CONTACTS))
    shop.bring("events", shop.write("events.jsonl", EVENTS))
    return shop


def journeys(shop: Shop, *arguments: str) -> bytes:
    """In a process of its own, its standard output redirected."""
    command = [sys.executable, str(ROOT / "runner.py"), "--workspace", str(shop.folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout


def digest(shop: Shop) -> str:
    with shop.store() as store:
        return store.people_digest()


def test_a_table_for_people_with_spreadsheets(shop: Shop) -> None:
    text = journeys(shop, "export", "contacts").decode()
    ann, bob = csv.DictReader(text.splitlines())
    assert (ann["id"], ann["orders"], ann["first_name"]) == ("ann", "3", "'=1+1")
    assert (bob["phone"], bob["suppressed.email"], bob["first_name"]) == (
        "'+41 79 123 45 67",
        "hard_bounce",
        "",
    )
    events = list(csv.DictReader(journeys(shop, "export", "events").decode().splitlines()))
    assert [row["messageId"] for row in events] == ["m1", "m2", "m3"]
    assert (events[0]["total"], events[0]["note"], events[1]["total"]) == ("10", "a,b", "")
    assert journeys(shop, "export", "messages").decode().startswith("id,contact,journey,")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_redirected_export_fills_an_empty_workspace(
    shop: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    second = Shop(tmp_path / "second", capsys)
    for what in ("contacts", "events"):
        file = tmp_path / f"{what}.{form}"
        file.write_bytes(journeys(shop, "export", what, "--format", form))
        told = second.bring(what, file)
        assert told["stored"] == told["read"] > 0
    assert digest(second) == digest(shop)


def test_a_file_is_for_its_owner_and_is_never_overwritten(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    out, _ = shop.run("export", "events", "--format", "jsonl", "--output", file)
    assert out == f"3 events written to {file}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    _, err = shop.run("export", "events", "--format", "jsonl", "--output", file, code=2)
    assert err.startswith(f"error: {file} is there already\n")


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_file_that_broke_off_is_gone_on_with(shop: Shop, tmp_path: Path, form: str) -> None:
    whole = journeys(shop, "export", "events", "--format", form)
    file = tmp_path / f"events.{form}"
    file.write_bytes(whole[:-30])
    out, _ = shop.run("export", "events", "--format", form, "--output", file, "--resume")
    assert out == f"1 events written to {file}, after 2 that were there\n"
    assert file.read_bytes() == whole
    out, _ = shop.run("export", "events", "--format", form, "--output", file, "--resume")
    assert out.startswith("0 events written")


def test_what_cannot_go_on_is_told(shop: Shop, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("messageId,userId,event,timestamp,receivedAt\nm1,ann,Seen,,\n")
    _, err = shop.run("export", "events", "--output", file, "--resume", code=1)
    assert "the columns of" in err
    file.write_text('{"messageId": "gone"}\n')
    _, err = shop.run("export", "events", "--format", "jsonl", "--output", file, "--resume", code=1)
    assert "`gone`, which is not in the database" in err
    assert file.read_text() == '{"messageId": "gone"}\n'


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["contakts"], "there is no export of `contakts`. Did you mean `contacts`?"),
        (["contacts", "--resume"], "which file broke off"),
        (["contacts", "--output", "/nowhere/a.csv"], "/nowhere/a.csv cannot be written"),
        (["contacts", "--output", "/nowhere/a.csv", "--resume"], "/nowhere/a.csv cannot be read"),
    ],
)
def test_what_cannot_be_exported_is_told(shop: Shop, arguments: list[str], words: str) -> None:
    _, err = shop.run("export", *arguments, code=2)
    assert words in err


def test_columns_go_by_the_catalog_of_the_files(shop: Shop) -> None:
    """A number that the catalog does not know says so in its cell; otherwise it would come back as text."""
    shop.write("journeys/catalog.yaml", CATALOG.replace("orders: number", "other: number"))
    (ann, _) = csv.DictReader(journeys(shop, "export", "contacts").decode().splitlines())
    assert ann["orders"] == "json:3"


def test_lines_say_what_simulate_reads(shop: Shop) -> None:
    lines: list[dict[str, Any]] = [
        json.loads(line) for line in journeys(shop, "export", "contacts", "--format", "jsonl").splitlines()
    ]
    assert [line["id"] for line in lines] == ["ann", "bob"]
    assert lines[1]["suppressed"] == {"email": "hard_bounce"}


def test_a_database_of_another_kind_has_the_same_digest(shop: Shop, tmp_path: Path) -> None:
    """`people_digest` says nothing of row numbers: the other way round it is the same."""
    again = Store.open(f"sqlite:///{tmp_path / 'again.db'}", create=True)
    with shop.store() as store, store.extract() as extract, again.page() as page:
        page.put_contacts(list(extract.contacts())[::-1], next(extract.events()).at)
        page.take_events(list(extract.events())[::-1])
        found = store.people_digest()
    assert again.people_digest() == found
    again.close()
