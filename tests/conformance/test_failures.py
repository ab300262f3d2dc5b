"""What did not leave: found by cause, tried again by one command; and the alarm that pauses a journey."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.core.alarm import AlarmLimits
from engine.errors import RefusedError
from engine.service import failures
from engine.service.alarms import Watch
from engine.service.operating import resume
from engine.service.sweep import Sweep
from engine.store.database import Store
from tests.conformance.test_service_sender import WELCOME, ids_of, released, served
from tests.support.scripted_smtp import close, say
from tests.support.shops import START, Shop, journey

PEOPLE = [f"c{number}" for number in range(10)]
RECEIPT = journey(
    "receipt",
    """\
trigger: { event: B }
re_entry: always
steps:
  - { id: paper, send: email, transactional: true, subject: Receipt, body: "Thank you." }
""",
)


@pytest.fixture
def shop(store: Store, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(store, tmp_path)
    yield shop
    shop.close()


def groups(shop: Shop) -> list[tuple[int, str, str | None, str]]:
    return [(one.count, one.state, one.reason, one.words) for one in failures.find_failures(shop.store)]


def words_in_trace(shop: Shop, contact: str) -> list[str]:
    return [record.line.why for record in shop.store.traces(contact) if record.line.did == "by_hand"]


def test_the_same_cause_is_one_group_whomever_it_names(shop: Shop) -> None:
    released(shop, *PEOPLE)
    no_such = [
        say(f"550 5.1.1 <{id}@shop.example>: no such user, see log 4711{n}") for n, id in enumerate(PEOPLE)
    ]
    full = [say("552 5.2.2 mailbox full")] * 2
    with served(shop, {"rcpt": [*no_such[:7], *full]}) as (daemon, _):
        daemon.until_idle()
    assert groups(shop) == [
        (7, "bounced", "no_such_address", "550 5.1.1 <address>: no such user, see log …"),
        (2, "bounced", "full", "552 5.2.2 mailbox full"),
    ]


def test_one_group_is_tried_again_and_nobody_else(shop: Shop) -> None:
    released(shop, *PEOPLE)
    script = {"rcpt": [say("554 5.7.1 your address is on a list")] * 6 + [say("552 5.2.2 full")] * 4}
    with served(shop, script) as (daemon, server):
        daemon.until_idle()
        listed, _ = failures.find_failures(shop.store)
        assert listed.words.startswith("554")
        done = failures.retry(shop.store, shop.running(), [listed.id], "eve", shop.clock.now())
        assert done == {listed.id: 6}
        daemon.until_idle()
        assert len(server.accepted) == 6
    assert [state for _, state, _ in shop.states()].count("sent") == 6
    assert [count for count, *_ in groups(shop)] == [4]
    assert sum(words_in_trace(shop, id) == ["tried again by eve"] for id in PEOPLE) == 6
    assert shop.store.check() == []


def test_a_mended_message_is_made_by_its_newest_version(shop: Shop) -> None:
    shop.apply(welcome=WELCOME.replace(" | default: 'you'", ""))
    shop.take(*(shop.told(id) for id in PEOPLE))
    shop.take(*(shop.event("A", id) for id in PEOPLE))
    with served(shop) as (daemon, server):
        daemon.until_idle()
        assert [(count, reason) for count, _, reason, _ in groups(shop)] == [(10, "render_failed")]
        failures.retry(shop.store, shop.running(), None, "eve", shop.clock.now())
        daemon.until_idle()
        assert server.accepted == [], "nothing was mended yet"
        shop.apply(welcome=WELCOME)
        failures.retry(shop.store, shop.running(), None, "eve", shop.clock.now())
        daemon.until_idle()
        assert len(server.accepted) == 10
        assert all(b"Hello you." in one.raw for one in server.accepted)
    assert groups(shop) == []


def test_what_failed_too_long_ago_is_not_sent_after_all(shop: Shop) -> None:
    shop.apply(welcome=WELCOME.replace(" | default: 'you'", ""))
    shop.known()
    shop.does("A")
    with served(shop) as (daemon, server):
        daemon.until_idle()
        shop.apply(welcome=WELCOME)
        shop.clock.go(days=30)
        failures.retry(shop.store, shop.running(), None, "eve", shop.clock.now())
        daemon.until_idle()
        assert server.accepted == []
    assert (shop.message().message.state, shop.message().message.reason) == ("dropped", "too_late")


def test_what_was_put_off_need_not_wait(shop: Shop) -> None:
    released(shop)
    with served(shop, {"rcpt": [say("451 4.3.0 later")]}) as (daemon, server):
        daemon.until_idle()
        assert groups(shop) == [(1, "deferred", "deferred", "451 4.3.0 later")]
        failures.retry(shop.store, shop.running(), None, "eve", shop.clock.now())
        daemon.until_idle()
        assert len(server.accepted) == 1


def test_nobody_repeats_unasked_what_may_have_arrived(shop: Shop) -> None:
    released(shop, "ada", "bob")
    with served(shop, {"dot": [close, close]}, on_unsure="hold") as (daemon, server):
        daemon.until_idle()
        (one,) = failures.find_failures(shop.store)
        assert (one.state, one.count) == ("unsure", 2)
        with pytest.raises(RefusedError, match="may have arrived"):
            failures.retry(shop.store, shop.running(), [one.id], "eve", shop.clock.now())
        assert failures.retry(shop.store, shop.running(), None, "eve", shop.clock.now()) == {}

        first, second = failures.unsure_ids(shop.store, "welcome")
        assert failures.unsure_ids(shop.store, "other") == []
        assert failures.resend(shop.store, [first], "eve", shop.clock.now()) == 1
        assert failures.mark_sent(shop.store, [second], "eve", shop.clock.now()) == 1
        assert failures.resend(shop.store, [second], "eve", shop.clock.now()) == 0, "it counts as sent"
        daemon.until_idle()
        assert ids_of(server) == [f"<{shop.message('ada').message.message_id}>"]
    assert {state for _, state, _ in shop.states()} == {"sent"}
    assert words_in_trace(shop, "ada") == ["sent again by eve, though it may have arrived"]
    assert words_in_trace(shop, "bob") == ["taken for sent by eve"]


def test_a_message_in_a_pause_is_in_no_trouble(shop: Shop) -> None:
    released(shop)
    shop.apply(welcome=WELCOME.replace("status: live", "status: paused"))
    with served(shop) as (daemon, _):
        daemon.until_idle()
    assert shop.message().message.state == "deferred"
    assert groups(shop) == []
    assert (
        failures.retry_messages(shop.store, shop.running(), [shop.message().message.id or 0], "eve", START)
        == 0
    )


# --- the alarm -----------------------------------------------------------------------------------


def watch(shop: Shop, said: list[str], **limits: object) -> Watch:
    return Watch(shop.store, shop.running, AlarmLimits(at_least=10, **limits), said.append)  # type: ignore[arg-type]


def standing(shop: Shop, id: str = "welcome") -> tuple[str, str | None]:
    record = next(one for one in shop.store.journeys() if one.id == id)
    return record.standing, record.held_by


def test_a_journey_whose_mail_bounces_is_paused_and_says_why(shop: Shop) -> None:
    released(shop, *PEOPLE)
    said: list[str] = []
    with served(shop, {"rcpt": [say("550 5.1.1 no such user")] * 2}) as (daemon, server):
        daemon.until_idle()
        watch(shop, said, bounces=0.3).once(shop.clock.now())
        assert standing(shop) == ("live", None), "2 of 10 are fewer than 30 %"
        watch(shop, said, bounces=0.2).once(shop.clock.now())
        assert standing(shop)[0] == "paused"
        assert standing(shop)[1] == "an alarm: 2 of 10 messages bounced, 20 % (limit 20 %)"
        assert "2 of 10 messages bounced" in said[0]
        shop.known("zoe")
        shop.does("A", "zoe")
        daemon.until_idle()
        assert len(server.accepted) == 8, "nothing leaves any more"
        watch(shop, said, bounces=0.2).once(shop.clock.now())
        assert len(said) == 1, "said once"

        resume(shop.store, shop.running(), "welcome", shop.clock.now())
        watch(shop, said, bounces=0.2).once(shop.clock.now())
        daemon.until_idle()
        assert standing(shop) == ("live", None), "it is counted anew"
        assert len(server.accepted) == 9


def test_few_messages_prove_nothing_and_old_ones_are_over(shop: Shop) -> None:
    released(shop, *PEOPLE[:9])
    said: list[str] = []
    with served(shop, {"rcpt": [say("550 5.1.1 no such user")] * 9}) as (daemon, _):
        daemon.until_idle()
        watch(shop, said).once(shop.clock.now())
        assert standing(shop)[0] == "live"
        shop.clock.go(hours=26)
        shop.take(*(shop.event("A", id) for id in PEOPLE[:1]))
        daemon.until_idle()
        watch(shop, said).once(shop.clock.now())
        assert standing(shop)[0] == "live"
    assert said == []


def test_complaints_are_counted_when_they_come(shop: Shop) -> None:
    released(shop, *PEOPLE)
    said: list[str] = []
    with served(shop) as (daemon, _):
        daemon.until_idle()
    with shop.store.page("test") as page:
        page.tally({("welcome", "complained"): 1}, shop.clock.now())
    watch(shop, said).once(shop.clock.now())
    assert standing(shop)[1] == "an alarm: 1 of 10 messages were complained about, 10 % (limit 0.3 %)"


def test_transactional_mail_pauses_no_journey(shop: Shop) -> None:
    shop.apply(receipt=RECEIPT)
    shop.known(*PEOPLE)
    shop.take(*(shop.event("B", id) for id in PEOPLE))
    said: list[str] = []
    with served(shop, {"rcpt": [say("550 5.1.1 no such user")] * 10}) as (daemon, _):
        daemon.until_idle()
    assert [count for count, *_ in groups(shop)] == [10]
    watch(shop, said).once(shop.clock.now())
    assert standing(shop, "receipt")[0] == "live"


def test_overdue_work_is_said_once_and_that_it_is_over(shop: Shop) -> None:
    released(shop)
    said: list[str] = []
    look = watch(shop, said)
    look.once(shop.clock.now())
    shop.clock.go(days=30, hours=-1, minutes=10)  # Zürich's clocks went forward meanwhile
    look.once(shop.clock.now())
    assert said == []
    shop.clock.go(minutes=10)
    look.once(shop.clock.now())
    look.once(shop.clock.now())
    assert len(said) == 1
    assert "20 minutes ago" in said[0]
    shop.daemon().walk_once()
    look.once(shop.clock.now())
    assert said[1:] == ["waits are on time again"]


# --- what is kept for a time only ----------------------------------------------------------------


def test_old_traces_are_forgotten_and_young_ones_stay(shop: Shop) -> None:
    released(shop, "ada")
    shop.clock.go(days=20)
    shop.known("bob")
    shop.does("A", "bob")
    assert shop.store.traces("ada")
    sweep = Sweep(shop.store, timedelta(days=10))
    assert sweep.once(shop.clock.now()) > 0
    assert shop.store.traces("ada") == []
    assert shop.store.traces("bob") != []
    assert sweep.once(shop.clock.now()) == 0
    assert shop.store.check() == []
