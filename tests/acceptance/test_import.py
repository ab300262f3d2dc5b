"""`journeys import` as people use it: files in, and what then stands in the database, fires, and is told."""

from __future__ import annotations

import csv
import gc
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.commands.main import main
from engine.core.case import Case
from engine.intake.rows import contact_rows
from engine.language.catalog import Catalog
from engine.model.policy import Policy
from engine.service.import_contacts import import_contacts
from engine.service.importing import Import, Imported
from engine.service.running import load_running
from engine.store.database import Store
from examples.cdnow.convert import SOURCE, convert

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "examples" / "shop"

CATALOG = """
contact:
  first_name: text
  country: text
  orders: number
  plan: text
events:
  Order Completed: { order_id: text, total: number, items: number }
topics:
  care: { name: Care, consent: opt_out }
senders:
  shop: { from: "Shop <hello@shop.example>", postal_address: "Way 1, 8000 Zürich" }
defaults: { sender: shop }
"""
SEGMENTS = """
buyers: { when: { did: Order Completed }, description: Ordered at least once }
swiss: { when: { contact.country: CH }, description: From Switzerland }
"""
JOURNEY = """
dsl: 1
journey: {id}
name: {id}
owner: test@shop.example
status: live
trigger: {trigger}
defaults: {{ topic: care }}
steps:
  - {{ id: hello, send: email, subject: Hello, body: Hello there }}
  - {{ id: rest, wait: 1 day }}
"""
TRIGGERS = {
    "on-order": "{ event: Order Completed, key: event.order_id }",
    "on-buyer": "{ segment: { enters: buyers } }",
    "on-swiss": "{ segment: { enters: swiss } }",
}


class Shop:
    """A workspace in a folder of its own, worked through the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys
        self.write("journeys/catalog.yaml", CATALOG)
        self.write("journeys/segments.yaml", SEGMENTS)
        for id, trigger in TRIGGERS.items():
            self.write(f"journeys/{id}/journey.yaml", JOURNEY.format(id=id, trigger=trigger))

    def write(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def run(self, *arguments: str | Path, code: int = 0) -> tuple[str, str]:
        """What a verb wrote to standard output and to stderr."""
        self._capsys.readouterr()
        found = main(["--workspace", str(self.folder), *map(str, arguments)])
        out, err = self._capsys.readouterr()
        assert found == code, out + err
        return out, err

    def bring(self, what: str, file: Path, *options: str | Path, code: int = 0) -> dict[str, Any]:
        """The machine's report of an import."""
        out, _ = self.run("import", what, file, *options, "--format", "json", code=code)
        report = json.loads(out)
        assert report["format"] == 1
        assert report["read"] == report["stored"] + report["duplicates"] + report["rejected"]
        return dict(report)

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = Store.open(f"sqlite:///{self.folder / 'journeys.db'}")
        yield store
        store.close()

    def case(self, id: str, *events: str) -> Case:
        """Everything about a contact."""
        with self.store() as store, store.page() as page:
            keys = store.keys([id]).values()
            return page.load(keys, now=datetime.now(UTC), events=events, everything=True)[0]

    def counts(self) -> dict[str, int]:
        with self.store() as store:
            return store.counts()

    def entered(self, id: str) -> list[str]:
        """The journeys that a contact entered."""
        with self.store() as store:
            return sorted(enrollment.journey for enrollment in store.enrollments(id))


@pytest.fixture
def shop(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shop:
    return Shop(tmp_path / "shop", capsys)


def order(id: str, contact: str = "u1", ago: timedelta = timedelta(hours=1), **more: Any) -> str:
    told = {
        "type": "track",
        "userId": contact,
        "event": "Order Completed",
        "timestamp": (datetime.now(UTC) - ago).isoformat(),
        "messageId": f"m-{id}",
        "properties": {"order_id": id, "total": 10},
    }
    return json.dumps({**told, **more})


def identify(contact: str, **traits: Any) -> str:
    return json.dumps({"type": "identify", "userId": contact, "traits": traits})


# --- contacts --------------------------------------------------------------------------------------


def test_contacts_are_stored_once_and_merged_ever_after(shop: Shop) -> None:
    file = SHOP / "contacts.csv"
    told = shop.bring("contacts", file)
    with file.open(encoding="utf-8", newline="") as text:
        rows = list(csv.DictReader(text))
    assert (told["read"], told["stored"], told["created"]) == (len(rows), len(rows), len(rows))
    with shop.store() as store:
        for row in rows:
            contact = store.contact(row["id"])
            assert contact is not None
            assert (contact.email or "") == row["email"]
            assert contact.attributes.get("first_name", "") == row["first_name"]
            said = {"true": True, "false": False}.get(row["topics.newsletter"])
            assert contact.topics.get("newsletter") is said
    assert shop.bring("contacts", file)["duplicates"] == len(rows)
    shop.bring("contacts", shop.write("more.csv", "id,plan,country\nada,gold,\nada,,DE\n"))
    ada = shop.case("ada").contact
    assert (ada.email, dict(ada.attributes)) == (
        "ada@shop.example",
        {"first_name": "Ada", "country": "DE", "plan": "gold"},
    )


def test_a_required_attribute_may_be_known_already(shop: Shop) -> None:
    shop.write("journeys/catalog.yaml", CATALOG.replace("plan: text", "plan: { type: text, required: true }"))
    told = shop.bring("contacts", shop.write("a.csv", "id,plan\n1,gold\n2,\n"))
    assert told["examples"] == [
        {
            "line": 3,
            "reason": "there is no `plan`, which catalog.yaml requires of every contact",
            "help": "Fill in plan.",
        }
    ]
    told = shop.bring("contacts", shop.write("b.csv", "id,country\n1,CH\n2,CH\n"))
    assert (told["stored"], told["rejected"]) == (1, 1)


def test_a_map_gives_their_columns_our_names(shop: Shop) -> None:
    map = shop.write("map.yaml", "columns: { Kundennummer: id, Bestellungen: orders, Notiz: null }\n")
    file = shop.write("a.csv", "sep=;\r\nKundennummer;Bestellungen;Notiz\r\n007;3;streng geheim\r\n")
    shop.bring("contacts", file, "--map", map)
    assert dict(shop.case("007").contact.attributes) == {"orders": 3}
    map.write_text("columns: { Kundenummer: id }\n")
    _, err = shop.run("import", "contacts", file, "--map", map, code=1)
    assert err.startswith(
        f"error: {map}:1:12: there is no column `Kundenummer`. Did you mean `Kundennummer`?"
    )


# --- nothing fires unless it is asked for ------------------------------------------------------------


def test_an_import_makes_history_and_members_but_fires_nothing(shop: Shop) -> None:
    shop.run("apply")
    shop.bring("contacts", shop.write("a.csv", "id,email,country\nu1,u1@a.example,CH\n"))
    told = shop.bring("events", shop.write("a.jsonl", order("1") + "\n" + order("2", "u2") + "\n"))
    assert (told["stored"], told["triggered"], told["created"]) == (2, 0, 1)
    counts = shop.counts()
    assert (counts["event"], counts["enrollment"], counts["message"]) == (2, 0, 0)
    case = shop.case("u1", "Order Completed")
    assert {name: member.is_member for name, member in case.members.items()} == {
        "buyers": True,
        "swiss": True,
    }
    assert [event.message_id for event in case.history["Order Completed"]] == ["m-1"]
    # whoever was inside silently does not come in again when something does fire
    shop.bring("events", shop.write("b.jsonl", order("3") + "\n"), "--trigger")
    assert shop.entered("u1") == ["on-order"]


def test_history_keeps_its_own_times(shop: Shop) -> None:
    lines = [order("1", timestamp="2020-01-01T10:00:00+01:00"), order("2", timestamp="2999-01-01T00:00:00Z")]
    told = shop.bring("events", shop.write("a.jsonl", "\n".join(lines[:1])))
    first = shop.case("u1", "Order Completed")
    at = datetime(2020, 1, 1, 9, tzinfo=UTC)
    assert [(event.at, event.received_at) for event in first.history["Order Completed"]] == [(at, at)]
    assert first.contact.created_at == at
    told = shop.bring("events", shop.write("b.jsonl", lines[1].replace("2999", "2199")))
    assert told["warnings"] == [
        {"message": "The event is dated in the future; it counts as of its receipt.", "rows": 1}
    ]
    assert shop.case("u1", "Order Completed").history["Order Completed"][-1].at < datetime.now(UTC)


def test_with_trigger_recent_events_enter_and_old_ones_are_history(shop: Shop) -> None:
    shop.run("apply")
    lines = [order("1"), order("2", "u2", timedelta(days=3)), order("1")]
    told = shop.bring("events", shop.write("a.jsonl", "\n".join(lines)), "--trigger")
    assert (told["stored"], told["duplicates"], told["triggered"]) == (2, 1, 2)
    assert shop.entered("u1") == ["on-buyer", "on-order"]
    assert shop.entered("u2") == ["on-buyer"]
    [event] = shop.case("u2", "Order Completed").history["Order Completed"]
    assert event.received_at - event.at > timedelta(days=2)


def test_with_trigger_a_contact_comes_into_its_segments(shop: Shop) -> None:
    shop.run("apply")
    shop.bring("contacts", shop.write("a.csv", "id,country\nu1,CH\nu2,CH\n"))
    file = shop.write("b.csv", "id,email,country\nu1,u1@a.example,CH\nu3,u3@a.example,CH\nu4,,DE\n")
    told = shop.bring("contacts", file, "--trigger")
    assert (told["created"], told["triggered"]) == (2, 3)
    assert [shop.entered(id) for id in ("u1", "u2", "u3", "u4")] == [[], [], ["on-swiss"], []]
    assert shop.counts()["message"] == 1
    assert shop.bring("contacts", file, "--trigger")["duplicates"] == 3


def test_what_is_said_between_events_is_taken_in_their_order(shop: Shop) -> None:
    shop.run("apply")
    lines = [
        identify("u1", country="DE"),
        order("1"),
        identify("u1", country="CH"),
        identify("u1", plan="gold"),
    ]
    file = shop.write("a.jsonl", "\n".join(lines))
    assert shop.bring("events", file)["stored"] == 4
    assert dict(shop.case("u1").contact.attributes) == {"country": "CH", "plan": "gold"}
    file = shop.write("b.jsonl", "\n".join(line.replace("u1", "u2").replace("m-", "n-") for line in lines))
    assert shop.bring("events", file, "--trigger")["triggered"] == 4
    assert dict(shop.case("u2").contact.attributes) == {"country": "CH", "plan": "gold"}
    assert shop.entered("u2") == ["on-buyer", "on-order", "on-swiss"]


def test_trigger_without_journeys_is_refused(shop: Shop) -> None:
    _, err = shop.run("import", "events", SHOP / "events.jsonl", "--trigger", code=1)
    assert "no journey has been applied" in err


# --- what is not taken -------------------------------------------------------------------------------


def test_rejects_go_to_a_file_and_the_rest_is_imported(shop: Shop) -> None:
    lines = [order("1"), "nonsense", json.dumps({"type": "page", "userId": "u1"}), order("2"), order("3", "")]
    file = shop.write("a.jsonl", "\n".join(lines))
    out, err = shop.run("import", "events", file)
    rejects = file.with_name("a.jsonl.rejects.jsonl")
    told = [json.loads(line) for line in rejects.read_text().splitlines()]
    assert [(one["line"], one["row"]) for one in told] == [
        (2, "nonsense"),
        (3, {"type": "page", "userId": "u1"}),
        (5, json.loads(lines[4])),
    ]
    assert told[1]["reason"] == "`page` does not run in this version yet"
    assert all(one["help"] for one in told)
    assert out == "5 rows of events, 2 stored, 3 rejected, 1 new contact\n"
    assert f"{file}:5: `userId` is empty." in err
    assert f"The rejected rows are in {rejects}." in err


def test_it_fails_only_when_nothing_could_be_taken(shop: Shop) -> None:
    bad = shop.write("a.csv", "id,email\n1,nobody\n,\n2,nobody\n")
    told = shop.bring("contacts", bad, code=1)
    assert (told["read"], told["rejected"]) == (2, 2)
    assert not bad.with_name("b.csv.rejects.jsonl").exists()
    assert shop.bring("contacts", shop.write("b.csv", "id\n"))["read"] == 0
    assert not bad.with_name("b.csv.rejects.jsonl").exists()


def test_unknown_names_are_kept_and_told(shop: Shop) -> None:
    lines = [order("1"), order("2", properties={"totl": 5}), order("3", event="Order Complete")]
    told = shop.bring("events", shop.write("a.jsonl", "\n".join(lines)))
    assert told["stored"] == 3
    assert {one["message"]: one["rows"] for one in told["warnings"]} == {
        "catalog.yaml has no property `totl` of Order Completed. Did you mean `total`?": 1,
        "catalog.yaml has no event `Order Complete`. Did you mean `Order Completed`?": 1,
    }


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["coupons", "x.csv"], "it is not said into which pool the codes go"),
        (["events", "x.csv", "--pool", "a"], "--pool is for coupon codes"),
        (["suppresions", "x.csv"], "there is no import of `suppresions`. Did you mean `suppressions`?"),
        (["evens", "x.csv"], "there is no import of `evens`. Did you mean `events`?"),
        (["events", "nowhere.csv"], "nowhere.csv cannot be read: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(shop: Shop, arguments: list[str], words: str) -> None:
    _, err = shop.run("import", *arguments, code=2)
    assert words in err


def test_a_faulty_catalog_and_a_folder_without_journeys_are_refused(shop: Shop, tmp_path: Path) -> None:
    shop.write("journeys/catalog.yaml", "contact: { orders: numbr }\n")
    _, err = shop.run("import", "contacts", SHOP / "contacts.csv", code=1)
    assert "journeys/catalog.yaml:1:" in err
    (tmp_path / "empty").mkdir()
    assert (
        main(["--workspace", str(tmp_path / "empty"), "import", "contacts", str(SHOP / "contacts.csv")]) == 2
    )
    assert not list((tmp_path / "empty").iterdir())


# --- dry runs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("trigger", [[], ["--trigger"]])
def test_a_dry_run_judges_alike_and_writes_nothing(shop: Shop, trigger: list[str]) -> None:
    shop.run("apply")
    shop.bring("events", shop.write("first.jsonl", order("1")))
    many = [order(str(n // 2), f"u{n % 7}") for n in range(4_100)]  # more than a page, each of them twice
    file = shop.write("a.jsonl", "\n".join([*many, "nonsense", identify("u1", country="CH")]))
    with shop.store() as store:
        before = (store.counts(), store.digest(), store.messages_digest())
    dry = shop.bring("events", file, "--dry-run", *trigger)
    assert not file.with_name("a.jsonl.rejects.jsonl").exists()
    with shop.store() as store:
        assert (store.counts(), store.digest(), store.messages_digest()) == before
    done = shop.bring("events", file, *trigger)
    same = ("read", "stored", "duplicates", "rejected", "examples", "warnings")
    assert {key: dry[key] for key in same} == {key: done[key] for key in same}
    assert (done["stored"], done["duplicates"], done["rejected"]) == (2_050, 2_051, 1)


def test_a_dry_run_needs_no_database(shop: Shop) -> None:
    out, _ = shop.run("import", "contacts", SHOP / "contacts.csv", "--dry-run")
    assert out.startswith("dry run, nothing written: 12 rows of contacts, 12 stored")
    assert [path.name for path in shop.folder.iterdir()] == ["journeys"]


# --- real and many ---------------------------------------------------------------------------------------


def test_the_orders_of_a_real_shop(shop: Shop, tmp_path: Path) -> None:
    convert(tmp_path / "cdnow", ["care"])
    told = shop.bring("contacts", tmp_path / "cdnow" / "contacts.csv")
    assert (told["stored"], told["created"], told["warnings"]) == (2_357, 2_357, [])
    told = shop.bring("events", tmp_path / "cdnow" / "events.jsonl")
    lines = SOURCE.read_text().splitlines()
    assert (told["stored"], told["created"], told["warnings"]) == (len(lines), 0, [])
    assert len(lines) == 6_919
    assert shop.bring("events", tmp_path / "cdnow" / "events.jsonl")["duplicates"] == len(lines)
    with shop.store() as store, store.page() as page:
        cases = page.load(next(store.all_contact_keys()), now=datetime.now(UTC), events=["Order Completed"])
    assert len(cases) == 2_357
    orders = [event for case in cases for event in case.history["Order Completed"]]
    cents = sum(int(line[23:].replace(".", "")) for line in lines)  # columns of fixed width: the dollars
    assert round(sum(event.properties["total"] for event in orders) * 100) == cents
    assert len({event.properties["order_id"] for event in orders}) == len(lines)
    assert {f"{event.at:%Y%m%d}" for event in orders} == {line[12:20].strip() for line in lines}
    assert all(case.contact.created_at == case.history["Order Completed"][0].at for case in cases)
    assert all(case.contact.topics == {"care": True} for case in cases)


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    """Watched over the last pages only, because watching is slow; what every page leaves would show there."""
    file = tmp_path / "many.csv"
    with file.open("w") as out:
        out.write("id,email\n")
        out.writelines(f"c{n},c{n}@customers.example\n" for n in range(50_000))
    kept: dict[int, int] = {}

    def watch(done: Imported) -> None:
        if done.read == 40_000:
            tracemalloc.start()
        elif done.read > 40_000:
            gc.collect()
            kept[done.read] = tracemalloc.get_traced_memory()[0]

    store = Store.open(f"sqlite:///{tmp_path / 'journeys.db'}", create=True)
    how = Import(store, load_running(store, Policy(), None), datetime.now(UTC), progress=watch)
    with file.open("rb") as source:
        done = import_contacts(how, contact_rows(source, file.name, Catalog()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    store.close()
    assert done.created == 50_000
    assert kept[50_000] - kept[44_000] < 200_000  # bytes, for 6,000 rows; after two pages to warm up
    assert peak < 20_000_000


@pytest.mark.acceptance
def test_the_program_itself_and_lines_instead_of_a_bar(shop: Shop) -> None:
    arguments = ["--workspace", str(shop.folder), "import", "contacts", str(SHOP / "contacts.csv")]
    done = subprocess.run(
        [sys.executable, "-m", "engine.commands.main", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (0, "12 rows of contacts, 12 stored, 12 new contacts\n")
    assert done.stderr.startswith("warning: ")


# --- a yes says where it was given -----------------------------------------------------------------------


def test_a_yes_to_marketing_must_say_where_it_was_given(shop: Shop) -> None:
    shop.write(
        "journeys/catalog.yaml", CATALOG.replace("care: {", "receipts: { name: R, consent: none }\n  care: {")
    )
    text = (
        "id,topics.care,consent.sms,topics.receipts,consent_source,plan\n"
        "1,true,,,,gold\n2,true,,,fair in Bern,\n3,false,no,true,,\n4,,yes,,,\n5,,,,,silver\n"
    )
    file = shop.write("a.csv", text)
    told = shop.bring("contacts", file)
    assert [(one["line"], one["reason"]) for one in told["examples"]] == [
        (2, "`topics.care` is a yes, and it is not said where it was given"),
        (5, "`consent.sms` is a yes, and it is not said where it was given"),
    ]
    assert "--consent-source" in told["examples"][0]["help"]
    rejects = [json.loads(line) for line in (shop.folder / "a.csv.rejects.jsonl").read_text().splitlines()]
    assert [(one["line"], one["row"]["id"]) for one in rejects] == [(2, "1"), (5, "4")]
    told = shop.bring("contacts", file, "--consent-source", "old shop")
    assert told["rejected"] == 0
    with shop.store() as store:
        sources = {id: [one.said.source for one in store.consents(id)] for id in ("1", "2", "4", "5")}
    assert sources == {"1": ["old shop"], "2": ["fair in Bern"], "4": ["old shop"], "5": []}


def test_so_must_a_yes_between_events(shop: Shop) -> None:
    said = identify("u1", topics={"care": True}, plan="gold")
    file = shop.write("e.jsonl", f"{order('1')}\n{said}\n{identify('u1', topics={'care': False})}\n")
    told = shop.bring("events", file)
    assert [one["line"] for one in told["examples"]] == [2]
    assert shop.bring("events", file, "--consent-source", "archive")["rejected"] == 0
    with shop.store() as store:
        assert "archive" in {one.said.source for one in store.consents("u1")}


def test_consent_source_is_for_contacts(shop: Shop) -> None:
    file = shop.write("e.jsonl", order("1"))
    _, err = shop.run("import", "products", file, "--consent-source", "x", code=2)
    assert "--consent-source is for contacts" in err
    _, err = shop.run("import", "contacts", file, "--consent-source", " ", code=2)
    assert "--consent-source is empty" in err


# --- suppressions ------------------------------------------------------------------------------------------


def test_a_list_of_another_tool_keeps_people_in_peace(shop: Shop) -> None:
    shop.bring("contacts", shop.write("c.csv", "id,email,phone\nann,Ann@shop.example,+41 79 1\nbob,,\n"))
    text = (
        "address,contact,channel,reason,since\n"
        "ann@SHOP.example,,,Hard Bounce: 5.1.1,2025-03-01\n"
        ",ann,sms,complaint,\n"
        ",bob,email,,\n,nobody,,,\nno address,,,,\nx@y.example,,fax,,\n,,email,,\n"
        "x@y.example,,,hard_bounce,soon\n"
    )
    file = shop.write("list.csv", text)
    dry = shop.bring("suppressions", file, "--dry-run")
    with shop.store() as store:
        assert list(store.suppressions()) == []
    told = shop.bring("suppressions", file)
    assert {**told, "dry_run": True, "rejects": None} == dry
    assert (told["read"], told["stored"], told["rejected"]) == (8, 2, 6)
    assert {(one["line"], one["reason"].partition(",")[0]) for one in told["examples"]} == {
        (4, "the contact `bob` has no address for email"),
        (5, "the contact `nobody` is not known"),
        (6, "`email` is `no address`"),
        (7, "`channel` is `fax`"),
        (8, "there is neither `address` nor `contact`; of erased people only this database knows the hash"),
        (9, "`since` is `soon`"),
    }
    with shop.store() as store:
        found = {one.channel: one for page in store.suppressions() for one in page}
        ann = store.contact("ann")
    assert ann is not None
    assert dict(ann.suppressed) == {"email": "manual", "sms": "complaint"}
    assert (found["email"].detail, found["email"].at.date().isoformat()) == (
        "Hard Bounce: 5.1.1",
        "2025-03-01",
    )
    assert shop.bring("suppressions", file)["duplicates"] == 2
    _, err = shop.run("import", "suppressions", file, "--trigger", code=2)
    assert "fires nothing" in err


def test_erased_people_stay_out_whatever_the_file(shop: Shop) -> None:
    shop.bring("contacts", shop.write("c.csv", "id,email\nann,ann@shop.example\n"))
    shop.run("contact", "erase", "ann", "--yes")
    for text in ("id,email\nann,\n", "id,email\nother,ann@shop.example\n"):
        told = shop.bring("contacts", shop.write("again.csv", text), code=1)
        assert told["rejected"] == 1
        assert told["examples"][0]["reason"] == "this person was erased"
    out, _ = shop.run("export", "contacts", "--format", "jsonl")
    assert "ann" not in out
