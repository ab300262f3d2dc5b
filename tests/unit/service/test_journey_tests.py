"""tests.yaml as marketers write it: what passes, what fails, and what is said then."""

from __future__ import annotations

import pytest

from engine.language.workspace import read_workspace
from engine.model.policy import Policy
from engine.service.journey_tests import JourneyTests, Tried, run_tests

CATALOG = """\
contact: { first_name: text }
events:
  Signed Up: {}
  Ordered: { total: number }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: hello@shop.example, postal_address: Zürich } }
defaults: { sender: shop, timezone: Europe/Zurich, locale: en-CH }
"""
JOURNEY = """\
dsl: 1
journey: hello
status: draft
trigger: { event: Signed Up }
re_entry: always
exit_when: [{ event: Ordered }]
defaults: { topic: news }
steps:
  - { id: first, send: email, subject: One, body: Hello }
  - { id: pause, wait: 1 day }
  - { id: second, send: email, subject: Two, body: "Dear {{ contact.first_name }}" }
  - id: way
    branch:
      - if: { did: Ordered }
        then: [{ id: bought, end: bought }]
      - else: [{ id: over, end: nothing bought }]
"""
#: The day before the clocks go forward in Zurich; the contact has a name unless the test says otherwise.
HEAD = """\
tests:
  - name: the test
    start: 2026-03-28 20:00
    contact: { email: ada@shop.example, first_name: Ada }
    events: [{ at: 0 minutes, event: Signed Up }]
"""


def run_all(tests: str, journey: str = JOURNEY, **others: str) -> JourneyTests:
    files = {
        "journeys/catalog.yaml": CATALOG.encode(),
        "journeys/hello/journey.yaml": journey.encode(),
        "journeys/hello/tests.yaml": tests.encode(),
    } | {f"journeys/{name}.yaml": text.encode() for name, text in others.items()}
    [run] = run_tests(read_workspace(files), files, Policy(), "mailto:bye@shop.example")
    return run


def run(rest: str, head: str = HEAD, journey: str = JOURNEY) -> Tried:
    [result] = run_all(head + rest, journey).results
    return result


def words(result: Tried) -> str:
    return "\n".join(difference.words for difference in result.differences)


def test_a_journey_that_another_one_leads_to_is_tested_with_it_and_alone_is_told_of() -> None:
    welcome = """\
dsl: 1
journey: welcome
trigger: { event: Signed Up }
defaults: { topic: news }
steps:
  - { id: greeting, send: email, subject: Welcome, body: Hello }
  - { id: stay, wait: 1 day }
"""
    journey = JOURNEY.replace("{ event: Signed Up }", "{ journey: { finished: welcome } }")
    rest = """\
    expect:
      - { at: 1 day, send: first }
      - { at: 2 days, send: second }
      - { at: 2 days, leave: nothing bought }
"""
    files = {
        "journeys/catalog.yaml": CATALOG.encode(),
        "journeys/hello/journey.yaml": journey.encode(),
        "journeys/hello/tests.yaml": (HEAD + rest).encode(),
        "journeys/welcome.yaml": welcome.encode(),
    }
    runs = run_tests(read_workspace(files), files, Policy(), "mailto:bye@shop.example", ["hello"])
    [tried] = next(runs).results
    assert words(tried) == ""


ALL = """\
    expect:
      - { at: 0 minutes, send: first }
      - { at: 2026-03-29 20:00, send: second }
"""


# --- times ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        "2026-03-29 20:00",
        "1 day",  # a calendar day in the contact's zone, as in waits: 23 real hours here
        "23 hours",
        "1380 minutes",
        "2026-03-29T18:00:00Z",
        "2026-03-29 20:00 Europe/Zurich",
        "2026-03-29 19:00 Europe/London",
    ],
)
def test_a_time_may_be_local_or_an_offset(at: str) -> None:
    result = run(
        f"    expect:\n      - {{ at: 0 minutes, send: first }}\n      - at: {at}\n        send: second\n"
    )
    assert words(result) == ""


def test_a_day_is_no_24_hours_when_the_clocks_go_forward() -> None:
    result = run("    expect: [{ at: 0 minutes, send: first }, { at: 24 hours, send: second }]\n")
    assert words(result) == (
        "expected `send second` at Sun 2026-03-29 21:00, but was sent at Sun 2026-03-29 20:00, 1 hour earlier"
    )


def test_times_without_a_zone_are_the_contacts() -> None:
    head = HEAD.replace("first_name: Ada }", "first_name: Ada, timezone: America/New_York }")
    assert run(ALL, head).passed


@pytest.mark.parametrize("at", ["soon", "14", "2026-02-30 10:00", "2026-03-29 10:00 Europe/Zurch"])
def test_a_time_that_cannot_be_read_fails_the_test_with_its_place(at: str) -> None:
    result = run(
        f"    expect:\n      - at: 0 minutes\n        send: first\n      - at: {at}\n        send: second\n"
    )
    assert words(result).startswith("journeys/hello/tests.yaml:9:")


def test_a_contact_that_cannot_be_read_fails_the_test() -> None:
    head = HEAD.replace("first_name: Ada", "created_at: yesterday")
    assert "created_at" in words(run(ALL, head))


# --- what must, may and must not happen ----------------------------------------------------------


def test_leavings_need_not_be_listed_but_messages_must() -> None:
    assert run(ALL).passed
    result = run("    expect: [{ at: 0 minutes, send: first }]\n")
    assert words(result) == "`second` was sent at Sun 2026-03-29 20:00, which `expect` does not list"


def test_others_may_be_allowed() -> None:
    assert run("    expect: [{ at: 0 minutes, send: first }]\n    allow_others: true\n").passed


def test_an_empty_expect_means_that_nothing_may_be_sent() -> None:
    assert "`first` was sent" in words(run("    expect: []\n"))


def test_without_expect_only_never_counts() -> None:
    assert run("    never: [over]\n").passed
    assert words(run("    never: [second]\n")) == (
        "`second` must never send, but was sent at Sun 2026-03-29 20:00"
    )


@pytest.mark.parametrize("name", ["completed", "nothing bought"])
def test_leave_names_the_reason_or_the_outcome(name: str) -> None:
    assert run(f"{ALL}      - {{ at: 1 day, leave: {name} }}\n").passed


def test_the_wrong_reason_is_told() -> None:
    result = run(f"{ALL}      - {{ at: 1 day, leave: exit }}\n")
    assert words(result).endswith("but left with `completed`, outcome `nothing bought`")


def test_the_order_counts() -> None:
    result = run("    expect: [{ at: 1 day, send: second }, { at: 0 minutes, send: first }]\n")
    assert "but it came in another order" in words(result)


def test_a_dropped_message_was_not_sent_and_says_why() -> None:
    head = HEAD.replace("first_name: Ada }", "first_name: Ada, topics: { news: false } }")
    assert "but it was dropped at Sat 2026-03-28 20:00: unsubscribed: news" in words(run(ALL, head))
    assert run("    expect: []\n", head).passed


def test_who_did_not_enter_is_told_why() -> None:
    head = HEAD.replace("event: Signed Up", "event: Ordered")
    assert "but nobody entered the journey" in words(run(ALL, head))


def test_who_left_before_is_told() -> None:
    head = HEAD.replace(
        "[{ at: 0 minutes, event: Signed Up }]",
        "[{ at: 0 minutes, event: Signed Up }, { at: 1 hour, event: Ordered }]",
    )
    assert "it was not reached; left at Sat 2026-03-28 21:00 with `exit`" in words(run(ALL, head))


def test_a_message_that_cannot_be_made_fails_the_test() -> None:
    head = HEAD.replace(", first_name: Ada", "")
    assert words(run(ALL, head)).startswith(
        "`second` at Sun 2026-03-29 20:00 cannot be made: `contact.first_name`"
    )


def test_until_ends_the_time_and_includes_its_instant() -> None:
    assert run("    expect: [{ at: 0 minutes, send: first }]\n    until: 22 hours\n").passed
    assert run(f"{ALL}    until: 23 hours\n").passed


def test_the_story_of_a_failed_test_is_told_in_local_time() -> None:
    result = run("    expect: []\n")
    assert [told.words for told in result.story][:3] == [
        "enters: Signed Up",
        "sends email “One”",
        "waits until Sun 2026-03-29 20:00 (1 day)",
    ]
    assert result.place == "journeys/hello/tests.yaml:2:11"


# --- steps that no test reaches, and files that cannot be used -----------------------------------


def test_steps_that_no_test_reaches_are_named() -> None:
    assert run_all(HEAD + ALL).unreached == ("bought",)
    assert run_all(HEAD.replace("event: Signed Up", "event: Ordered")).unreached == (
        "first",
        "pause",
        "second",
        "way",
        "bought",
        "over",
    )


def test_a_faulty_journey_has_failed_all_its_tests() -> None:
    found = run_all(HEAD + ALL, JOURNEY.replace("1 day", "1 dya"))
    assert [result.passed for result in found.results] == [False]
    assert found.faults[0].position.line == 10
    assert "journeys/hello/journey.yaml:10:" in words(found.results[0])


def test_faulty_tests_have_failed() -> None:
    found = run_all("tests:\n  - nam: x\n")
    assert [result.name for result in found.results] == ["journeys/hello/tests.yaml"]
    assert not found.results[0].passed


def test_a_faulty_catalog_fails_everything() -> None:
    files = {
        "journeys/catalog.yaml": b"topcs: {}",
        "journeys/hello/journey.yaml": JOURNEY.encode(),
        "journeys/hello/tests.yaml": (HEAD + ALL).encode(),
    }
    [found] = run_tests(read_workspace(files), files, Policy(), "mailto:bye@shop.example")
    assert found.faults[0].position.file == "journeys/catalog.yaml"
    assert not found.results[0].passed


def test_a_fault_of_a_template_is_a_fault_of_the_journey() -> None:
    found = run_all(HEAD + ALL, JOURNEY.replace("body: Hello", 'body: "{{ contact.first_name | upcse }}"'))
    assert found.faults[0].position.line == 9
    assert not found.results[0].passed
