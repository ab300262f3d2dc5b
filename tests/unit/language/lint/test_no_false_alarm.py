"""Journeys that look like a mistake and are none: each was, or could have been, a false alarm."""

from __future__ import annotations

import pytest

from engine.language.lint.contract import Example
from engine.language.lint.samples import files_of
from engine.language.workspace import read_workspace
from engine.service.remarks import told_faults

LETTER = '  - {{ id: hello, send: email, subject: Hello, {more}body: "{body}" }}\n'


def codes(journey: str) -> set[str]:
    files = files_of(Example(journey))
    return {fault.rule for fault in told_faults(read_workspace(files), files)}


def letter(body: str, more: str = "") -> str:
    return "steps:\n" + LETTER.format(body=body, more=more)


@pytest.mark.parametrize(
    "body",
    [
        "{% if contact.first_name %}Hello {{ contact.first_name }}{% endif %}",
        "{% if contact.orders > 1 and contact.first_name %}{{ contact.first_name }}{% endif %}",
        "{% if contact.country == 'CH' %}a{% elsif contact.first_name %}{{ contact.first_name }}{% endif %}",
        "{{ contact.first_name | default: 'there' | upcase }}",
        "{{ contact.email }} {{ contact.id }}",
        "{% comment %}{{ contact.first_name }}{% endcomment %}",
        "{% for one in contact.interests %}{{ one }}{% endfor %}",
    ],
)
def test_what_a_template_asks_for_may_be_printed(body: str) -> None:
    assert codes(letter(body)) == set()


def test_behind_the_block_it_may_be_missing_again() -> None:
    assert codes(letter("{% if contact.first_name %}a{% endif %}{{ contact.first_name }}")) == {"J775"}


def test_what_when_or_enter_when_ask_for_may_be_printed() -> None:
    assert (
        codes(letter("{{ contact.first_name }}", "when: { contact.first_name: { exists: true } }, ")) == set()
    )
    assert codes("enter_when: { contact.orders: { gte: 1 } }\n" + letter("{{ contact.orders }}")) == set()


def test_the_key_of_the_trigger_and_what_its_where_asks_for_may_be_printed() -> None:
    trigger = "trigger: { event: Cart Updated, where: { event.total: { gt: 0 } }, key: event.cart_id }\n"
    assert codes(trigger + letter("{{ trigger.cart_id }} {{ trigger.total }}")) == set()
    assert codes(trigger + letter("{{ trigger.items_count }}")) == {"J775"}


def test_two_messages_on_two_ways_are_not_sent_at_once() -> None:
    ways = """\
steps:
  - id: kind
    branch:
      - if: { contact.country: CH }
        then: [{ id: swiss, send: email, subject: Hello from Zürich, body: Thank you. }]
      - else: [{ id: other, send: email, subject: Hello from here, body: Thank you. }]
"""
    assert codes(ways) == set()


def test_messages_with_a_when_may_exclude_each_other() -> None:
    steps = """\
steps:
  - { id: swiss, send: email, subject: Hello from Zürich, body: Thank you., when: { contact.country: CH } }
  - { id: other, send: email, subject: Hello from here, body: Thank you., when: { contact.country: DE } }
"""
    assert codes(steps) == set()


def test_who_begins_anew_with_each_order_may_have_the_order_as_goal() -> None:
    head = "trigger: { event: Order Completed }\nre_entry: { after: 0 seconds, if_running: restart }\n"
    assert codes(head) == set()


def test_a_ladder_of_limits_is_no_overlap() -> None:
    ways = "".join(
        f"      - if: {{ contact.orders: {{ gte: {limit} }} }}\n"
        f"        then: [{{ id: from-{word}, end: {word} }}]\n"
        for limit, word in ((10, "ten"), (5, "five"), (1, "one"))
    )
    steps = f"steps:\n  - id: size\n    branch:\n{ways}      - else: []\n" + LETTER.format(
        body="Thank you.", more=""
    )
    assert codes(steps) == set()


def test_a_mail_to_the_staff_is_no_marketing() -> None:
    assert (
        codes(
            "steps:\n"
            "  - { id: hello, send: email, subject: Hello, body: Thank you. }\n"
            "  - { id: tell, send: email, to: help@shop.example, subject: A new one, body: Look. }\n"
        )
        == set()
    )


def test_two_marketing_mails_a_week_for_a_month_are_not_many() -> None:
    steps = "".join(
        f"  - {{ id: letter-{word}, send: email, subject: Letter {word}, body: Read. }}\n"
        f"  - {{ id: pause-{word}, wait: 4 days }}\n"
        for word in ("one", "two", "three", "four", "five", "six", "seven")
    )
    assert codes("steps:\n" + steps + "  - { id: done, end: done }\n") == set()


def test_words_of_other_scripts_may_have_their_own_punctuation() -> None:
    assert codes(letter("ご登録ありがとうございます！")) == set()


@pytest.mark.parametrize(
    ("take", "body"),
    [
        ("pool: p, as: gift, on_empty: exit", "{{ gift.code }}"),
        ("pool: p, as: gift", "{{ gift.code | default: 'none left' }}"),
        ("pool: p, as: gift", "{% if gift.code %}{{ gift.code }}{% endif %}"),
        ("pool: p, as: gift", "{% if gift %}{{ gift.code }} until {{ gift.expires_at }}{% endif %}"),
        ("pool: p, as: gift", "No code."),
    ],
)
def test_a_code_that_is_asked_for_may_be_printed(take: str, body: str) -> None:
    steps = f"steps:\n  - {{ id: take, coupon: {{ {take} }} }}\n" + LETTER.format(body=body, more="")
    assert "J798" not in codes(steps)


def test_a_journey_that_asks_for_its_coupon_may_print_it() -> None:
    steps = "steps:\n  - { id: take, coupon: { pool: p, as: gift } }\n"
    asks = "  - { id: out, end: none-left, when: { step.take.code: { exists: false } } }\n"
    printed = LETTER.format(body="{{ gift.code }}", more="")
    assert "J798" not in codes(steps + asks + printed)
    assert "J798" in codes(steps + printed)


@pytest.mark.parametrize(
    ("trigger", "is_told"),
    [
        ("schedule: { every: monday, at: 21:00 }", True),
        ("schedule: { every: monday, at: 08:00 }", False),
        ("schedule: { cron: '30 7 * * 1' }", True),
        ("schedule: { cron: '30 */2 * * 1' }", False),
        ("date: { attribute: contact.created_at, every: year, offset: -7 days, at: 07:00 }", True),
        ("date: { attribute: contact.created_at, every: year, offset: 3 hours, at: 07:00 }", False),
        ("date: { attribute: contact.created_at, every: year }", False),
    ],
)
def test_a_clock_in_quiet_hours_is_told_where_a_message_follows_at_once(trigger: str, is_told: bool) -> None:
    said = f"trigger: {{ {trigger} }}\n"
    assert ("J758" in codes(said + letter("Thank you."))) == is_told
    waits = "steps:\n  - { id: morning, until: 09:00 }\n" + LETTER.format(body="Thank you.", more="")
    assert "J758" not in codes(said + waits)
    transactional = letter("Thank you.", "transactional: true, ")
    assert "J758" not in codes(said + transactional)
