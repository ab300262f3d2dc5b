"""Consent on record, the suppression list, and erasing somebody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import structs

from engine.errors import RefusedError
from engine.intake.declared import odd_in_contact
from engine.intake.lines import LineError
from engine.intake.person import read_person
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.model.proof import Proof
from engine.model.suppression import Suppression
from engine.service.dossier import dossier
from engine.service.erasing import erase
from engine.service.import_contacts import import_contacts
from engine.service.importing import Import
from engine.service.merging import merge
from engine.service.saying import Wish, leaving, saying
from engine.service.suppressing import suppress, unsuppress
from engine.service.take import take
from engine.store.database import Store
from engine.store.erasure import TABLES
from engine.store.tables import METADATA
from tests.support.shops import CATALOG, START, Shop, journey

NEWS = journey(
    "news",
    """\
trigger: { event: A }
re_entry: always
defaults: { topic: news }
steps:
  - { id: letter, send: email, subject: Hi, body: "Hi {{ contact.nick | default: 'you' }}." }
  - { id: receipt, send: email, subject: Receipt, body: Thanks., transactional: true }
  - { id: pause, wait: 3 days }
  - { id: later, send: email, subject: Later, body: Later. }
""",
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def recorded(shop: Shop, contact: str = "ada") -> list[tuple[str | None, str, str]]:
    return [
        (one.said.channel or one.said.topic, one.said.state, one.said.source)
        for one in shop.store.consents(contact)
    ]


def block(shop: Shop, address: str, reason: str = "manual", channel: str = "email") -> int:
    one = Suppression(channel, address, reason, shop.clock.now(), "test")  # type: ignore[arg-type]
    return suppress(shop.store, [one], shop.clock.now())


# --- the record ----------------------------------------------------------------------------------


def test_what_is_said_is_recorded_once_with_its_source(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known(topics={"news": True}, consents={"sms": True})
    shop.known(topics={"news": True}, consents={"sms": True})
    shop.known(topics={"news": False})
    assert recorded(shop) == [
        ("sms", "yes", "identify"),
        ("news", "yes", "identify"),
        ("news", "no", "identify"),
    ]


def test_a_proof_is_kept_with_it_and_never_on_the_contact(shop: Shop) -> None:
    shop.apply(news=NEWS)
    said = read_person(
        {
            "id": "ada",
            "topics": {"news": True},
            "consent_source": "checkout",
            "consent_at": "2026-02-01T10:00:00Z",
            "consent_text": "newsletter-3",
            "consent_proof": {"form": "footer"},
        }
    )
    assert said.attributes == {}
    shop.take(replace(shop.told(), traits=said))
    shop.clock.go(days=1)
    shop.take(replace(shop.told(), traits=said))  # said again, with a proof: on record again
    first, second = shop.store.consents("ada")
    assert (first.said.source, first.said.wording) == ("checkout", "newsletter-3")
    assert first.said.at == START.replace(month=2, day=1, hour=10)
    assert (first.recorded_at, second.recorded_at) == (START, START + timedelta(days=1))
    assert first.said.details == {"form": "footer"}
    assert shop.store.contact("ada") == Contact("ada", created_at=START, topics={"news": True})


def test_steps_and_imports_are_on_record_too(shop: Shop) -> None:
    shop.apply(
        asked=journey(
            "asked",
            "trigger: { event: B }\nsteps:\n  - { id: yes, subscribe: offers }\n"
            "  - { id: no, unsubscribe: all }\n",
        )
    )
    shop.known()
    shop.does("B")
    assert recorded(shop) == [
        ("offers", "yes", "journey asked/yes"),
        ("offers", "no", "journey asked/no"),
        ("*", "no", "journey asked/no"),
    ]
    put(shop, Contact("bob", topics={"news": True}), Contact("ada", topics={"news": True}))
    assert recorded(shop, "bob") == [("news", "yes", "import")]
    assert recorded(shop)[-1] == ("news", "yes", "import")
    put(shop, Contact("bob", topics={"news": False}), trigger=True)
    assert recorded(shop, "bob")[-1] == ("news", "no", "import")


def put(shop: Shop, *contacts: Contact, trigger: bool = False) -> list[LineError]:
    rows = [Row(n + 1, {"id": one.id}, one) for n, one in enumerate(contacts)]
    how = Import(shop.store, shop.running(), shop.clock.now(), trigger)
    return import_contacts(how, rows).examples


# --- the suppression list ------------------------------------------------------------------------


def test_a_suppressed_address_gets_nothing_whoever_has_it(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada", email="Ada@Shop.Example")
    shop.known("other", email="ada@shop.example")
    assert block(shop, "ADA@shop.example ", "complaint") == 1
    assert block(shop, "ada@shop.example") == 0, "a complaint is stronger than our own decision"
    for id in ("ada", "other"):
        found = shop.store.contact(id)
        assert found is not None
        assert found.suppressed == {"email": "complaint"}
        shop.does("A", id)
    shop.daemon().until_idle()
    assert {(state, reason) for _, state, reason in shop.states()} == {("dropped", "suppressed")}
    shop.known("late", email="ADA@SHOP.EXAMPLE")  # who comes later with that address
    put(shop, Contact("later", "ada@shop.example"))
    for id in ("late", "later"):
        found = shop.store.contact(id)
        assert found is not None
        assert found.suppressed == {"email": "complaint"}


def test_the_sender_asks_the_list_whatever_the_contact_says(shop: Shop) -> None:
    """A mail that was released before, to an address that nobody's row knows any more."""
    shop.apply(news=NEWS)
    shop.known()
    shop.does("A")
    shop.known("ada", email="new@shop.example")
    block(shop, "ada@shop.example", "hard_bounce")
    contact = shop.store.contact("ada")
    assert contact is not None
    assert contact.suppressed == {}
    shop.daemon().until_idle()
    assert shop.states() == [
        ("letter", "dropped", "suppressed"),
        ("receipt", "dropped", "suppressed"),
    ]


def test_what_is_told_as_suppressed_goes_onto_the_list(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known(suppressed={"email": "hard_bounce"})
    put(shop, Contact("bob", "bob@shop.example", suppressed={"email": "said on the phone"}))
    listed = {(one.address, one.reason, one.source) for page in shop.store.suppressions() for one in page}
    assert listed == {
        ("ada@shop.example", "hard_bounce", "identify"),
        ("bob@shop.example", "manual", "import"),
    }
    shop.known("eve", email="bob@shop.example")
    found = shop.store.contact("eve")
    assert found is not None
    assert found.suppressed == {"email": "manual"}


def test_a_new_address_has_not_bounced(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada")
    shop.known("bob")
    block(shop, "ada@shop.example", "hard_bounce")
    block(shop, "bob@shop.example", "complaint")
    for id in ("ada", "bob"):
        shop.known(id, email=f"{id}@new.example")
    ada, bob = shop.store.contact("ada"), shop.store.contact("bob")
    assert ada is not None
    assert bob is not None
    assert (ada.suppressed, bob.suppressed) == ({}, {"email": "complaint"})


def test_letting_an_address_go_again(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada", phone="+41 79 123 45 67")
    block(shop, "0041791234567", channel="sms")
    found = shop.store.contact("ada")
    assert found is not None
    assert found.suppressed == {"sms": "manual"}
    with pytest.raises(RefusedError, match="is not suppressed for email"):
        unsuppress(shop.store, "email", "ada@shop.example", shop.clock.now(), allow_erased=False)
    unsuppress(shop.store, "sms", "+41791234567", shop.clock.now(), allow_erased=False)
    found = shop.store.contact("ada")
    assert found is not None
    assert found.suppressed == {}
    assert shop.store.suppression_counts() == {}


def test_without_a_list_the_gate_asks_nothing_more(shop: Shop) -> None:
    """The hot path: no query more than before as long as nobody is suppressed."""
    shop.apply(news=NEWS)
    shop.known()
    shop.does("A")
    asked: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        del conn, cursor, rest
        asked.append(statement)

    engine = shop.store._engine
    sa.event.listen(engine, "before_cursor_execute", note)
    shop.daemon().send_once()
    sa.event.remove(engine, "before_cursor_execute", note)
    assert [step for step, state, _ in shop.states() if state == "sent"] == ["letter", "receipt"]
    assert not [one for one in asked if "FROM suppression s" in one or "suppression_key" in one]


# --- erasing -------------------------------------------------------------------------------------


def everything(store: Store) -> str:
    """All that the database holds, as text."""
    with store._engine.connect() as connection:
        return "\n".join(
            str(row)
            for table in METADATA.sorted_tables
            for row in connection.execute(sa.select(table)).fetchall()
        )


def test_of_an_erased_person_nothing_is_left_but_hashes(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada", phone="+41791234567", attributes={"nick": "Lovelace"}, topics={"offers": True})
    shop.known("bob")
    for id in ("ada", "bob"):
        shop.does("A", id, key="Lovelace" if id == "ada" else "x")
    shop.daemon().until_idle()
    block(shop, "ada@shop.example", "hard_bounce")
    before = shop.store.counters()
    assert "Lovelace" in everything(shop.store)
    done = erase(shop.store, "ada", shop.clock.now(), "test", shop.folder / "captured")
    assert done.files == 2
    assert done.rows["message"] == 2
    left = everything(shop.store)
    for word in ("Lovelace", "ada@", "'ada'", "4179"):
        assert word not in left, word
    assert len(list((shop.folder / "captured").iterdir())) == 2, "those to bob"
    assert shop.store.check() == [], "figures and rows agree"
    assert shop.store.counters()["news", "", "entered"] == before["news", "", "entered"] - 1
    assert shop.store.suppression_counts() == {"erased": 3}  # mail, and the number for sms and whatsapp
    assert shop.stands_at("bob") == ["pause"]


def test_an_erased_person_stays_out(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada")
    erase(shop.store, "ada", shop.clock.now(), "test", None)
    news = [shop.event("A", "ada"), shop.told("ada"), shop.told("new", email="ADA@shop.example")]
    taken = take(shop.store, shop.running(), [*news, shop.told("bob")], shop.clock.now())
    assert (taken.refused, taken.changes) == (3, 1)
    assert shop.store.contact("ada") is None
    assert shop.store.contact("new") is None
    rejected = shop.store.rejected_items(10)
    assert [one.text for one in rejected] == ["", "", ""], "what it said is not kept"
    assert "erased" in rejected[0].reason
    for trigger in (False, True):
        (why,) = put(shop, Contact("ada"), Contact("eve", "eve@shop.example"), trigger=trigger)
        assert (why.line, why.reason) == (1, "this person was erased")
    with pytest.raises(RefusedError, match="stays out"):
        unsuppress(shop.store, "id", "ada", shop.clock.now(), allow_erased=False)
    unsuppress(shop.store, "id", "ada", shop.clock.now(), allow_erased=True)
    assert put(shop, Contact("ada", "another@shop.example")) == []


def test_who_confirms_an_opt_in_after_the_erasure_is_let_in(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada")
    erased_at = shop.clock.go(days=1)
    erase(shop.store, "ada", erased_at, "test", None)
    shop.clock.go(days=1)
    item = shop.told("ada", topics={"news": True})
    for confirmed_at, refused in ((erased_at, 1), (erased_at + timedelta(hours=1), 0)):
        shop.taken += 1
        proof = Proof("form", confirmed_at=confirmed_at)
        said = replace(
            item,
            message_id=f"c{shop.taken}",
            traits=Contact("ada", "ada@shop.example", topics={"news": True}, proof=proof),
        )
        assert take(shop.store, shop.running(), [said], shop.clock.now()).refused == refused
    found = shop.store.contact("ada")
    assert found is not None
    assert found.suppressed == {}
    assert shop.store.suppression_counts() == {}


def test_a_former_id_of_an_erased_person_stays_out_too(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("old", topics={"offers": True})
    shop.known("ada", topics={"offers": False})
    merge(shop.store, shop.running(), "old", "ada", "test", shop.clock.now())
    assert [one[:2] for one in recorded(shop)] == [("offers", "yes"), ("offers", "no")]
    erase(shop.store, "old", shop.clock.now(), "test", None)
    left = everything(shop.store)
    assert "'old'" not in left
    assert "'ada'" not in left
    news = [shop.event("A", "old"), shop.event("A", "ada")]
    assert take(shop.store, shop.running(), news, shop.clock.now()).refused == 2


def test_every_table_about_contacts_is_erased() -> None:
    of_contacts = {table.name for table in METADATA.sorted_tables if "contact" in table.columns}
    assert of_contacts == set(TABLES)


# --- what a person may ask for -------------------------------------------------------------------


def test_the_export_has_everything(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known("ada", attributes={"nick": "Ada"}, topics={"offers": True})
    shop.does("A", key="k")
    shop.daemon().until_idle()
    block(shop, "ada@shop.example")
    told = json.loads(json.dumps(dossier(shop.store, "ada", shop.clock.now())))
    assert told["format"] == 1
    assert told["contact"]["nick"] == "Ada"
    assert [one["reason"] for one in told["suppressions"]] == ["manual"]
    assert [(one["topic"], one["state"]) for one in told["consents"]] == [("offers", "yes")]
    assert [one["step"] for one in told["messages"]] == ["letter", "receipt"]
    assert [one["journey"] for one in told["journeys"]] == ["news"]
    assert {"A", "$identify", "Topic Subscribed"} == {one["name"] for one in told["events"]}
    assert told["traces"]
    with pytest.raises(RefusedError, match="there is no contact `nobody`"):
        dossier(shop.store, "nobody", shop.clock.now())


def test_leaving_everything_takes_back_every_single_yes(shop: Shop) -> None:
    shop.apply(news=NEWS)
    shop.known(topics={"offers": True})
    contact = shop.store.contact("ada")
    assert contact is not None
    shop.take(saying("ada", leaving(contact, None), "command", shop.clock.now()))
    assert recorded(shop)[1:] == [("offers", "no", "command"), ("*", "no", "command")]


class PowerCutError(Exception):
    """Stands for the end of the process."""


@pytest.mark.parametrize("point", ["before_commit", "after_commit"])
def test_an_erasure_is_whole_or_did_not_happen(shop: Shop, point: str) -> None:
    shop.apply(news=NEWS)
    shop.known("ada")
    shop.does("A")
    before = everything(shop.store)

    def cut(name: str) -> None:
        if name == f"erase:{point}":
            raise PowerCutError

    shop.store.crash_points = cut
    with pytest.raises(PowerCutError):
        erase(shop.store, "ada", shop.clock.now(), "test", None)
    shop.store.crash_points = None
    if point == "before_commit":
        assert everything(shop.store) == before
    else:
        assert "ada@" not in everything(shop.store)
        assert shop.store.check() == []


# --- double opt-in -------------------------------------------------------------------------------

CLUB = CATALOG.replace("topics:\n", "topics:\n  club: { name: Club, consent: double_opt_in }\n")
ASKING = journey(
    "asking",
    """\
trigger: { event: Subscription Requested, key: event.topic }
re_entry: always
steps:
  - { id: question, send: email, transactional: true, subject: Sure?, body: "[Yes]({{ links.confirm }})" }
""",
)
MEMBERS = journey(
    "members",
    """\
trigger: { event: A }
steps:
  - { id: join, subscribe: club }
  - { id: letter, send: email, topic: club, subject: Hi, body: Hi. }
""",
)


def test_whoever_has_not_confirmed_gets_no_marketing_whatever_a_journey_says(shop: Shop) -> None:
    shop.apply(catalog=CLUB, asking=ASKING, members=MEMBERS)
    shop.known()
    shop.does("A")
    shop.daemon().until_idle()
    assert shop.states() == [("letter", "dropped", "not_subscribed"), ("question", "sent", None)]
    assert recorded(shop) == [("club", "asked", "journey members/join")]
    confirmed = Proof("page", confirmed_at=shop.clock.now())
    shop.take(saying("ada", Wish(topics={"club": True}), "page", shop.clock.now(), confirmed))
    found = shop.store.contact("ada")
    assert found is not None
    assert found.topics == {"club": True}
    shop.clock.go(days=1)
    shop.known(topics={"club": True})  # who confirmed once has said yes for good
    found = shop.store.contact("ada")
    assert found is not None
    assert found.topics == {"club": True}


def test_a_question_is_asked_once_and_again_only_where_somebody_signed_up_again(shop: Shop) -> None:
    shop.apply(catalog=CLUB, asking=ASKING)
    for _ in range(3):  # a shop that repeats all it knows
        shop.known(topics={"club": True})
        shop.clock.go(hours=1)
    assert len(shop.outbox()) == 1
    shop.known(topics={"club": True}, proof=Proof("footer form"))
    assert len(shop.outbox()) == 2
    shop.known(topics={"club": False})
    shop.known(topics={"club": True})
    assert len(shop.outbox()) == 3


@pytest.mark.parametrize("trigger", [False, True])
def test_an_import_confirms_nothing_unless_it_says_when(shop: Shop, trigger: bool) -> None:
    shop.apply(catalog=CLUB, asking=ASKING)
    proof = Proof("old system", confirmed_at=START - timedelta(days=100))
    people = [Contact(id, f"{id}@shop.example", topics={"club": True}) for id in ("ada", "bob")]
    put(shop, people[0], replace_proof(people[1], proof), trigger=trigger)
    ada, bob = shop.store.contact("ada"), shop.store.contact("bob")
    assert ada is not None
    assert bob is not None
    assert (ada.topics, bob.topics) == ({"club": "asked"}, {"club": True})
    catalog = shop.running().catalog
    assert [odd.what for odd in odd_in_contact(people[0], catalog)] == ["unconfirmed"]
    assert not [*odd_in_contact(replace_proof(people[1], proof), catalog)]
    assert len(shop.outbox("ada")) == int(trigger), "only with --trigger anybody is asked"


def replace_proof(contact: Contact, proof: Proof) -> Contact:
    return structs.replace(contact, proof=proof)
