"""Every construct of the journey language: it runs, or it is refused by its name; nothing is read past.

The table is written by hand from the language's description, not from the code's own tables.
"""

from __future__ import annotations

from textwrap import indent

import pytest

from engine.language.workspace import read_workspace
from engine.model.fault import Fault

CATALOG = """\
product: { refill_days: number, colour: { type: text, values: [red, blue] } }
contact: { orders: number, birthday: date, interests: list, country: text, renewal_at: instant }
events:
  Cart Updated: { cart_id: text, total: number, items_count: number, products: list, product_id: text }
  Cart Viewed: { cart_id: text }
  Order Completed: { cart_id: text, total: number }
topics: { cart: { name: Cart, consent: opt_out } }
senders: { shop: { from: hello@shop.example } }
defaults: { sender: shop, timezone: Europe/Zurich, locale: de-CH, currency: CHF }
"""
SEGMENTS = "vip: { when: { contact.orders: { gte: 5 } }, description: Five orders or more }\n"
LIFECYCLE = """\
model: five-phases
stages:
  - id: retention
    name: Retention
    when: { did: Order Completed, within: 90 days }
    activities: [post-purchase, review-request]
  - { id: conversion, when: { did: Cart Updated, within: 7 days }, activities: [cart-reminder] }
"""
HEADER = "dsl: 1\njourney: demo\n"
TRIGGER = "trigger: { event: Cart Updated, key: event.cart_id }\n"
DEFAULTS = "defaults: { topic: cart }\n"
STEPS = "steps:\n  - { id: pause, wait: 2 days }\n"
OTHER = "dsl: 1\njourney: other\ntrigger: { manual: true }\nsteps:\n  - { id: over, end: won }\n"
HELLO = "---\nsubject: Hello\n---\nGood to see you.\n"


def faults(journey: str, **more: str) -> list[Fault]:
    """The errors of a workspace with one journey; `more` are its other files by name, with _ for the dot."""
    files = {"journeys/catalog.yaml": CATALOG, "journeys/segments.yaml": SEGMENTS}
    files |= {"journeys/demo/journey.yaml": journey, "journeys/demo/hello.md": HELLO}
    files |= {"journeys/other.yaml": OTHER, "journeys/lifecycle.yaml": LIFECYCLE}
    files |= {"journeys/demo/order.json": '{ "id": "{{ contact.id }}" }'}
    files |= more
    workspace = read_workspace({name: text.encode() for name, text in files.items()})
    return [fault for fault in workspace.all_faults() if fault.severity == "error"]


def header(text: str) -> list[Fault]:
    base = HEADER + (DEFAULTS if "defaults" not in text else "")
    return faults(base + ("" if text.startswith("trigger") else TRIGGER) + text + "\n" + STEPS)


def step(text: str) -> list[Fault]:
    return faults(HEADER + TRIGGER + DEFAULTS + "steps:\n" + indent(text, "  ") + "\n")


def condition(text: str) -> list[Fault]:
    early = "- id: came\n  wait_for: Cart Viewed\n  up_to: 1 day\n"
    return step(early + "- id: pause\n  wait: 1 day\n  when: " + text)


RUNS_IN_HEADER = [
    "name: A name",
    "description: For people",
    "owner: ada@shop.example",
    "tags: [cart, mail]",
    "stage: conversion",
    "activity: cart-reminder",
    "status: draft",
    "status: live\nowner: ada@shop.example",
    "status: stopping",
    "status: shadow",
    "status: paused",
    "status: stopped",
    "starts: 2026-12-01",
    "starts: 2026-12-01 09:00 Europe/Zurich",
    "ends: 2026-12-24T18:00:00Z",
    "ends: { at: 2026-12-24, inside: stop }",
    "starts: 2026-12-01\nends: { at: 2026-12-24 18:00 }",
    "enter_when: { contact.country: CH }\nentry_grace: 30 minutes",
    "priority: 10",
    "holdout: 10",
    "holdout: 2.5",
    "tracking: [opens, clicks]",
    "tracking: [opens]",
    "trigger: { event: Message Sent, where: { event.topic: cart } }",
    "goal: { event: Message Clicked, within: 3 days }",
    "in_flight: follow",
    "in_flight: pin",
    "moved: [ { from: a, to: pause } ]",
    "moved: [ { from: a, to: b }, { from: b, to: pause } ]",
    "removed: [ { step: a, people: pause } ]",
    "removed: [ { step: a, people: exit }, { step: b, people: finish } ]",
    "moved: [ { from: a, to: b } ]\nremoved: [ { step: b, people: exit } ]",
    "trigger: { event: Cart Updated, where: { event.total: { gte: 5 } }, key: event.cart_id }",
    "trigger: { segment: { enters: vip } }",
    "trigger: { segment: { leaves: vip } }",
    "trigger: { segment: { enters: vip }, existing: include }",
    "trigger: { journey: { finished: other } }",
    "trigger: { journey: { finished: other, outcome: goal } }",
    "trigger: { journey: { finished: other, outcome: won } }",
    "trigger: { manual: true }",
    "trigger: { date: { attribute: contact.birthday, every: year } }",
    "trigger: { date: { attribute: contact.birthday, every: year, offset: -7 days, at: 09:00 } }",
    "trigger: { date: { attribute: contact.renewal_at, every: once, offset: -2 hours } }",
    "trigger: { date: { attribute: contact.created_at, every: year, at: 10:30 } }",
    "trigger: { schedule: { every: monday, at: 09:00 } }",
    "trigger: { schedule: { every: [monday, thu], at: 09:00, timezone: contact } }",
    "trigger: { schedule: { every: day, at: 09:00, audience: { in_segment: vip } } }",
    "trigger: { schedule: { every: weekday, at: 09:00, timezone: Europe/Zurich } }",
    "trigger: { schedule: { every: month, at: 09:00, audience: { did: Order Completed } } }",
    "trigger: { schedule: { cron: '0 9 * * 1', audience: { contact.orders: { gte: 1 } } } }",
    "trigger: [ { event: Cart Updated }, { schedule: { cron: '*/5 * 1,15 * MON' } } ]",
    "trigger: { stage: { enters: conversion } }",
    "trigger: { stage: { leaves: retention } }",
    "trigger: { event: Stage Changed, where: { event.to: retention } }",
    "enter_when: { stage: retention }",
    "goal: { when: { stage: retention } }",
    "exit_when: [ { event: Stage Changed, where: { event.from: conversion } } ]",
    "trigger:\n  - event: Cart Updated\n  - manual: true",
    "enter_when: { not: { did: Order Completed, within: 24 hours } }",
    "enter_when: { in_segment: vip, subscribed: cart }",
    "exit_when: [ { when: { finished: demo, within: 3 days } } ]",
    "goal: { when: { in_segment: vip } }",
    "re_entry: never",
    "re_entry: always",
    "re_entry: { after: 7 days, if_running: ignore, max: 3 }",
    "re_entry: { after: 7 days, if_running: restart }",
    "re_entry: { if_running: update }",
    "re_entry: { if_running: parallel }",
    "exit_when:\n  - event: Order Completed\n    where: { event.cart_id: { same_as: trigger.cart_id } }",
    "exit_when:\n  - when: { contact.orders: { gte: 5 } }",
    "goal: { event: Order Completed, where: { event.total: { gt: 0 } }, within: 3 days }",
    "goal: { event: Order Completed, revenue: event.total }",
    "goal: { when: { contact.orders: { gte: 5 } }, from: entered, exit: false }",
    "goal: { event: Order Completed, from: sent }",
    "product: trigger.product_id",
    "product: trigger.product_id\nenter_when: { product.stock: { gte: 1 } }",
    "product: contact.country\nexit_when: [ { when: { product.price: { gt: { value: trigger.total } } } } ]",
    "defaults: { topic: cart, quiet_hours: 21:00-08:00, timezone: contact, max_lateness: 24 hours }",
]

RUNS_AS_STEP = [
    "- { id: a, send: email, message: hello }",
    "- { id: a, send: email, subject: Hi, body: Hello there }",
    "- { id: a, send: email, message: hello, with: { x: 5 }, topic: cart, subject: Hi }",
    "- { id: a, send: email, message: hello, transactional: true, quiet_hours: 22:00-07:00 }",
    "- { id: a, send: email, message: hello, max_lateness: 2 hours, on_skip: exit }",
    "- { id: a, send: email, message: hello, on_skip: continue, to: help@shop.example }",
    "- { id: a, send: email, message: hello, to: contact.country }",
    "- { id: a, send: email, message: hello, when: { contact.orders: 1 }, note: For people }",
    "- { id: a, send: sms, message: hello }",
    "- { id: a, send: push, message: hello, subject: Hi }",
    "- { id: a, send: whatsapp, message: hello, when: { consented: whatsapp } }",
    "- { id: a, send: chat, message: hello, to: sales }",
    "- { id: a, send: chat, body: Hello }",
    "- { id: a, send: sms, body: Hello, to: +41791234567 }",
    '- { id: a, send: webhook, body: \'{ "id": "{{ contact.id }}" }\' }',
    "- { id: a, send: webhook, message: order, to: crm }",
    "- { id: a, wait: 2 days }",
    "- { id: a, wait: P2D }",
    "- { id: a, wait: 1 hour 30 minutes, until: 09:30, days: mon-fri, between: 09:00-18:00 }",
    "- { id: a, until: 09:30 }",
    "- { id: a, days: [mon, wed] }",
    "- { id: a, between: 09:00-18:00 }",
    "- { id: a, until_date: contact.renewal_at, offset: -7 days, at: 09:00, if_past: exit }",
    "- { id: a, until_date: contact.birthday, if_past: b }\n- { id: b, wait: 1 day }",
    "- { id: a, until_date: contact.birthday, if_past: proceed }",
    "- { id: a, wait: 1 day, jitter: 30 minutes, timezone: Europe/Zurich }",
    "- { id: a, wait: { days: contact.orders, default: 30 days } }",
    "- { id: a, wait_for: Cart Viewed, up_to: 23 hours }",
    "- id: a\n  wait_for: Cart Viewed\n  where: { event.cart_id: { same_as: trigger.cart_id } }\n"
    "  up_to: 1 day\n  since: journey_start\n  then:\n    - { id: b, wait: 1 day }\n  else: []",
    "- { id: a, wait_for: { condition: { contact.orders: { gte: 1 } } }, up_to: 3 days }",
    "- id: a\n  branch:\n    - if: { trigger.total: { gte: 150 } }\n      then:\n"
    "        - { id: b, wait: 1 day }\n    - else: []",
    "- id: a\n  split:\n    - { name: x, weight: 50, then: [] }\n"
    "    - { name: y, weight: 50, then: [] }\n  salt: two",
    "- { id: a, update: { contact.orders: 5, contact.country: unset } }",
    "- { id: a, update: { contact.orders: { add: 5 }, contact.interests: { append: ski } } }",
    "- { id: a, update: { contact.orders: { value: trigger.total } } }",
    "- { id: a, update: { contact.country: '{{ trigger.cart_id }}' } }",
    "- { id: a, unsubscribe: cart }",
    "- { id: a, unsubscribe: all }",
    "- { id: a, coupon: { pool: winback-10, as: gift } }",
    "- { id: a, coupon: { pool: winback-10, as: gift, on_empty: exit } }",
    "- { id: a, coupon: { pool: winback-10, as: gift } }\n"
    "- { id: b, wait: 1 day, when: { step.a.code: { exists: true } } }",
    "- { id: a, recommend: { as: picks, from: bestsellers } }",
    "- { id: a, recommend: { as: picks, from: bought_together, count: 2 } }",
    "- { id: a, recommend: { as: picks, from: recently_viewed } }",
    "- { id: a, recommend: { as: picks, from: new_arrivals, where: { product.colour: red } } }",
    "- { id: a, end: converted }",
    "- { id: a, subscribe: cart }",
    "- { id: a, assign: { attribute: contact.country, among: [ana, ben], by: hash } }",
    "- { id: a, assign: { attribute: contact.country, among: [ana, ben], by: round_robin } }",
    "- { id: a, assign: { attribute: contact.country, among: [ana, ben], by: least_loaded } }",
    "- { id: a, subscribe: all }",
    "- { id: a, emit: Cart Viewed }",
    "- id: a\n  emit: Order Completed\n"
    "  properties: { total: { value: trigger.total }, cart_id: 'x{{ contact.id }}' }",
    "- { id: a, start: other }",
    "- { id: a, start: other, with: { x: { value: trigger.total }, y: 5 }, key: trigger.cart_id }",
    "- { id: a, repeat: { times: 3, while: { contact.orders: 5 }, steps: [ { id: b, wait: 1 day } ] } }",
    "- id: a\n  repeat:\n    times: 3\n    steps:\n      - id: b\n        repeat:\n          times: 2\n"
    "          steps: [ { id: c, wait_for: Cart Viewed, up_to: 1 day } ]\n  when: { contact.orders: 5 }",
]

RUNS_AS_CONDITION = [
    "{ contact.orders: 5 }",
    "{ all: [ { contact.orders: 5 }, { contact.country: CH } ] }",
    "{ any: [ { contact.orders: 5 }, { contact.country: CH } ] }",
    "{ none: [ { contact.orders: 5 }, { contact.country: CH } ] }",
    "{ not: { contact.orders: 5 } }",
    "{ contact.orders: { eq: 5 } }",
    "{ contact.orders: { ne: 5 } }",
    "{ contact.country: { in: [CH, DE] } }",
    "{ contact.country: { not_in: [CH, DE] } }",
    "{ contact.orders: { gt: 5 } }",
    "{ contact.orders: { gte: 5 } }",
    "{ contact.orders: { lt: 5 } }",
    "{ contact.orders: { lte: 5 } }",
    "{ contact.orders: { between: [1, 5] } }",
    "{ contact.interests: { contains: ski } }",
    "{ contact.interests: { contains_any: [ski, golf] } }",
    "{ contact.interests: { contains_all: [ski, golf] } }",
    "{ contact.country: { starts_with: C } }",
    "{ contact.country: { ends_with: H } }",
    "{ contact.country: { matches: '^C' } }",
    "{ contact.country: { exists: true } }",
    "{ contact.birthday: { before: 2000-01-01 } }",
    "{ contact.birthday: { after: 2000-01-01 } }",
    "{ contact.renewal_at: { within: 30 days } }",
    "{ contact.renewal_at: { in_next: 30 days } }",
    "{ contact.renewal_at: { older_than: 30 days } }",
    "{ contact.orders: { same_as: trigger.total } }",
    "{ contact.orders: { gt: { value: trigger.total } } }",
    "{ trigger.total: { gt: 5 } }",
    "{ step.came.event.cart_id: x }",
    "{ did: Order Completed }",
    "{ did: Order Completed, where: { event.total: 5 }, within: 30 days, count: { gte: 2 } }",
    "{ did: Order Completed, sum: { event.total: { gt: 500 } } }",
    "{ did: Order Completed, since: journey_start }",
    "{ did_not: Order Completed, within: 30 days }",
    "{ some: trigger.products, where: { item.category: shoes } }",
    "{ every: trigger.products, where: { item.price: { gte: { value: trigger.total } } } }",
    "{ none_of: contact.interests, where: { item.x: 1 } }",
    "{ some: trigger.products, where: { item.product.stock: { gte: 1 }, item.product.colour: red } }",
    "{ did: Cart Updated, where: { some: event.products, where: { item.category: shoes } } }",
    "{ in_segment: vip }",
    "{ in_journey: demo }",
    "{ stage: retention }",
    "{ not: { any: [ { stage: retention } ] } }",
    "{ did: Stage Changed, where: { event.to: retention }, within: 3 days }",
    "{ finished: demo }",
    "{ finished: demo, within: 3 days }",
    "{ finished: demo, since: journey_start }",
    "{ subscribed: cart }",
    "{ consented: sms }",
    "{ consented: email }",
    "{ not: { any: [ { subscribed: cart } ] }, in_segment: vip }",
    "{ received: any }",
    "{ received: came, within: 3 days }",
    "{ received: demo/came, topic: cart }",
    "{ bounced: any, topic: cart, within: 3 days }",
    "{ bounced: demo/came }",
    "{ did: Message Opened, where: { event.step: came } }",
]

TOLD_EVENTS = [
    *("Topic Subscribed", "Topic Unsubscribed", "Message Sent", "Message Bounced", "Stage Changed"),
    *("Subscription Requested", "Subscription Confirmed"),
    *("Message Delivered", "Message Opened", "Message Clicked", "Message Replied"),
]


def test_a_split_with_a_winner_is_accepted_where_it_is_measured() -> None:
    head = HEADER + TRIGGER + DEFAULTS + "tracking: [opens]\n"
    step = "steps:\n  - id: a\n    split:\n      - { name: x, weight: 50, then: [{ id: x, end: x }] }\n"
    step += "      - { name: y, weight: 50, then: [] }\n"
    more = "sends: 1000, confidence: 0.95, per: journey"
    assert faults(head + step + f"    winner: {{ metric: opened, test: 20, after: 4 hours, {more} }}\n") == []


@pytest.mark.parametrize("text", RUNS_IN_HEADER)
def test_what_runs_is_accepted_in_a_header(text: str) -> None:
    assert header(text) == []


@pytest.mark.parametrize("text", RUNS_AS_STEP)
def test_what_runs_is_accepted_as_a_step(text: str) -> None:
    assert step(text) == []


@pytest.mark.parametrize("text", RUNS_AS_CONDITION)
def test_what_runs_is_accepted_as_a_condition(text: str) -> None:
    assert condition(text) == []


@pytest.mark.parametrize("which", ["any", "came", "demo/came"])
@pytest.mark.parametrize(("word", "tracking"), [("opened", "opens"), ("clicked", "clicks")])
def test_opens_and_clicks_are_asked_for_where_they_are_tracked(word: str, tracking: str, which: str) -> None:
    early = "steps:\n  - { id: came, wait_for: Cart Viewed, up_to: 1 day }\n"
    asks = f"  - {{ id: pause, wait: 1 day, when: {{ {word}: {which}, topic: cart, within: 3 days }} }}\n"
    journey = HEADER + TRIGGER + DEFAULTS
    assert faults(journey + f"tracking: [{tracking}]\n" + early + asks) == []
    (fault,) = faults(journey + early + asks)
    assert fault.rule == "J471"


@pytest.mark.parametrize("name", TOLD_EVENTS)
def test_an_event_that_the_engine_tells_is_accepted_wherever_events_are_named(name: str) -> None:
    assert wherever_events_are_named(name) == [[]] * 6


def wherever_events_are_named(name: str) -> list[list[Fault]]:
    return [
        header(f"trigger: {{ event: {name} }}"),
        header(f"exit_when: [ {{ event: {name} }} ]"),
        header(f"goal: {{ event: {name} }}"),
        header(f"enter_when: {{ did_not: {name} }}"),
        step(f"- {{ id: a, wait_for: {name}, up_to: 1 day }}"),
        condition(f"{{ did: {name}, within: 3 days }}"),
    ]
