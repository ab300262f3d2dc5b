"""Mistakes in conditions: each with its place, its rule, what is wrong, and what to write instead."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.conditions.names import AttributeType, Names
from engine.conditions.rules import RULES
from engine.conditions.vocabulary import Brought
from engine.model.fault import Path
from tests.unit.conditions.asking import CATALOG, mistakes_of

COUNTRY, ORDERS, NAME, BIRTHDAY = (
    "contact.country",
    "contact.orders",
    "contact.first_name",
    "contact.birthday",
)

# text, rule, path (an @ in front: at the key), words of the message, words of the help
MISTAKES: list[tuple[str, str, Path, str, str]] = [
    (
        "contact.orders >= 5",
        "J400",
        (),
        "and `contact.orders >= 5` has none",
        "contact.orders: {gte: 5}",
    ),
    ("[{contact.orders: 5}]", "J400", (), "no list", "`all:`"),
    ("all: {contact.orders: 5}", "J400", ("all",), "`all` wants a list", "all: ["),
    ("not: [{contact.orders: 5}]", "J400", ("not",), "one condition, not a list", "`none: […]`"),
    ("{}", "J401", (), "The condition is empty", "leave it out"),
    ("any: []", "J401", ("any",), "`any` has an empty list", "leave it out"),
    ("any: [{contact.orders: 5}, null]", "J401", ("any", 1), "The condition is empty", "leave it out"),
    ("contact.orders: {}", "J401", (ORDERS,), "compared with nothing", "{gte: 5}"),
    ("anny: [{contact.orders: 5}]", "J402", ("@", "anny"), "Did you mean `any`?", "`did`, `did_not`, `some`"),
    ("contcat.orders: 5", "J402", ("@", "contcat.orders"), "Did you mean `contact.orders`?", "path"),
    ("orders: 5", "J402", ("@", "orders"), "Did you mean `contact.orders`?", "path"),
    ("contact: {orders: 5}", "J403", ("@", "contact"), "`contact` alone is no path", "`contact.orders`"),
    ("contact.: 5", "J403", ("@", "contact."), "is not complete", "contact.orders"),
    ("step.came-back: 5", "J403", ("@", "step.came-back"), "is not complete", "step.came-back.event.total"),
    (
        "contact.orders.sum: 5",
        "J403",
        ("@", "contact.orders.sum"),
        "a number and has nothing inside",
        "`contact.orders`",
    ),
    ("event.total: 5", "J404", ("@", "event.total"), "only in a `where`", "trigger.…"),
    ("contact.ordres: 5", "J405", ("@", "contact.ordres"), "Did you mean `orders`?", "catalog.yaml"),
    (
        "{did: Order Completd}",
        "J406",
        ("did",),
        "Did you mean `Order Completed`?",
        "`events` in catalog.yaml",
    ),
    (
        "{did: Order Completed, where: {event.totl: 5}}",
        "J407",
        ("@", "where", "event.totl"),
        "gives `Order Completed` no property `totl`. Did you mean `total`?",
        "catalog.yaml",
    ),
    (
        "trigger.carts: 5",
        "J407",
        ("@", "trigger.carts"),
        "gives `Cart Updated` no property `carts`",
        "catalog.yaml",
    ),
    ("step.came-back.pased: true", "J473", ("@", "step.came-back.pased"), "Did you mean `passed`?", "passed"),
    ("step.came-back.event.totl: 5", "J407", ("@", "step.came-back.event.totl"), "no property `totl`", "add"),
    (
        "step.first-reminder.passed: true",
        "J473",
        ("@", "step.first-reminder.passed"),
        "remembers no",
        "wait_for",
    ),
    ("contact.country: exists", "J422", ("contact.country",), "the text `exists`", "{exists: true}"),
    (
        "contact.first_name: not exists",
        "J422",
        ("contact.first_name",),
        "the text `not exists`",
        "{exists: false}",
    ),
    ("contact.orders: gte 5", "J422", ("contact.orders",), "the text `gte 5`", "{gte: 5}"),
    (
        "contact.stage: retentoin",
        "J412",
        ("contact.stage",),
        "Did you mean `retention`?",
        "lifecycle.yaml allows",
    ),
    ("step.came-bak.event.x: 5", "J408", ("@", "step.came-bak.event.x"), "Did you mean `came-back`?", "id"),
    ("contact.orders: {gtee: 5}", "J409", ("@", ORDERS, "gtee"), "Did you mean `gte`?", "`between`"),
    ("contact.orders: {'>=': 5}", "J409", ("@", ORDERS, ">="), "Did you mean `gte`?", "`gte`"),
    (
        "contact.address: {city: Chur}",
        "J409",
        ("@", "contact.address", "city"),
        "compares nothing",
        "`contact.address.city`",
    ),
    (
        "contact.country: {gt: 5}",
        "J410",
        ("@", COUNTRY, "gt"),
        "does not fit `contact.country`, which is text",
        "`in`",
    ),
    ("contact.orders: {contains: 5}", "J410", ("@", ORDERS, "contains"), "which is a number", "`gte`"),
    (
        "contact.first_name: {within: 30 days}",
        "J410",
        ("@", NAME, "within"),
        "which is text",
        "`starts_with`",
    ),
    ("contact.interests: ski", "J410", ("@", "contact.interests"), "which is a list", "`{contains: ski}`"),
    (
        "contact.orders: five",
        "J411",
        (ORDERS,),
        "is a number, but is compared with text: `five`",
        "such as 5",
    ),
    ('contact.orders: "5"', "J411", (ORDERS,), "compared with text: `5`", "without quotes"),
    ("contact.orders: true", "J411", (ORDERS,), "is a number, but is compared with `true`", "such as 5"),
    (
        "contact.vip: 1",
        "J411",
        ("contact.vip",),
        "is true or false, but is compared with `1`",
        "`true` or `false`",
    ),
    ("contact.zip: 8.50", "J411", ("contact.zip",), "is text, but is compared with `8.5`", "quotes"),
    ("contact.zip: true", "J411", ("contact.zip",), "is text, but is compared with `true`", "quotes"),
    (
        "contact.birthday: {before: soon}",
        "J411",
        (BIRTHDAY, "before"),
        "is a date, but is compared with text: `soon`",
        "2026-03-29",
    ),
    (
        "contact.address.floor: {gt: five}",
        "J411",
        ("contact.address.floor", "gt"),
        "`five` is neither",
        "such as 5",
    ),
    ("contact.country: FR", "J412", (COUNTRY,), "is never `FR`", "`CH`, `DE` and `AT`"),
    ("contact.country: Ch", "J412", (COUNTRY,), "Did you mean `CH`?", "`CH`, `DE` and `AT`"),
    ("contact.country: {in: [CH, FR]}", "J412", (COUNTRY, "in", 1), "is never `FR`", "`CH`"),
    ("contact.vip: yes", "J413", ("contact.vip",), "`yes` is only text", "Write `true`"),
    ("contact.vip: {ne: OFF}", "J413", ("contact.vip", "ne"), "`OFF` is only text", "Write `false`"),
    ("contact.first_name: {exists: no}", "J413", (NAME, "exists"), "`no` is only text", "Write `false`"),
    ("contact.country: null", "J414", (COUNTRY,), "nothing to compare with", "`exists: false`"),
    (
        "contact.country: {in: [CH, null]}",
        "J414",
        (COUNTRY, "in", 1),
        "compared with nothing",
        "{exists: false}",
    ),
    ("contact.country: [CH, DE]", "J415", (COUNTRY,), "has a list behind it", "{in: [CH, DE]}"),
    ("contact.country: {in: CH}", "J415", (COUNTRY, "in"), "wants a list of values, not `CH`", "in: ["),
    ("contact.country: {in: []}", "J415", (COUNTRY, "in"), "not an empty list", "in: ["),
    ("contact.country: {eq: [CH]}", "J415", (COUNTRY, "eq"), "where a single value belongs", "{in: [a, b]}"),
    ("contact.orders: {between: 5}", "J415", (ORDERS, "between"), "wants two ends", "between: [1, 5]"),
    (
        "contact.address.x: {between: [1, 2026-01-01]}",
        "J415",
        ("contact.address.x", "between"),
        "not of one type",
        "two dates",
    ),
    ("contact.first_name: {starts_with: [a, b]}", "J415", (NAME, "starts_with"), "wants one text", "`any`"),
    (
        "contact.first_name: {in: [{value: trigger.cart_id}]}",
        "J415",
        (NAME, "in", 0),
        "plain values",
        "whole list",
    ),
    (
        "contact.orders: {between: [5, 1]}",
        "J416",
        (ORDERS, "between"),
        "Nothing lies between 5 and 1",
        "[1, 5]",
    ),
    (
        "contact.first_name: {matches: '('}",
        "J417",
        (NAME, "matches"),
        "The pattern `(` cannot be read",
        "backslash",
    ),
    ("contact.first_name: {matches: '(?=a)'}", "J417", (NAME, "matches"), "cannot be read", "look-ahead"),
    ("contact.birthday: {within: 30}", "J418", (BIRTHDAY, "within"), "`30` has no unit", "`30 days`"),
    (
        "contact.birthday: {in_next: 3 dys}",
        "J418",
        (BIRTHDAY, "in_next"),
        "no unit of time",
        "Did you mean `days`?",
    ),
    ("contact.birthday: {within: 0 days}", "J418", (BIRTHDAY, "within"), "no length", "within: 30 days"),
    ("contact.first_name: {same_as: Ada}", "J419", (NAME, "same_as"), "`Ada` is none", "write `eq`"),
    (
        "contact.first_name: {same_as: trigger.items_count}",
        "J419",
        (NAME, "same_as"),
        "cannot be compared",
        "one type",
    ),
    (
        "contact.first_name: {eq: {path: contact.zip}}",
        "J419",
        (NAME, "eq"),
        "cannot use",
        "{value: trigger.total}",
    ),
    (
        "contact.first_name: '{{ trigger.cart_id }}'",
        "J421",
        (NAME,),
        "templates do not run",
        "{value: trigger.total}",
    ),
    ("{did: Order Completed, contact.orders: 5}", "J430", ("@", ORDERS), "`did` stands alone", "`all: ["),
    ("{did: Order Completed, did_not: Whatever}", "J430", ("@", "did_not"), "`did` stands alone", "`all: ["),
    (
        "{did_not: Order Completed, any: [{contact.orders: 5}]}",
        "J430",
        ("@", "any"),
        "`did_not` stands alone",
        "`all: [",
    ),
    (
        "{within: 3 days}",
        "J431",
        ("@", "within"),
        "`within` belongs to a `did`",
        "{did: Order Completed, within: 3 days}",
    ),
    ("{did: Order Completed, withn: 3 days}", "J432", ("@", "withn"), "Did you mean `within`?", "`count`"),
    (
        "{did_not: Order Completed, count: {gte: 2}}",
        "J432",
        ("@", "count"),
        "does not go with `did_not`",
        "{lt: 3}",
    ),
    ("{did: [Order Completed]}", "J433", ("did",), "wants the name of an event", "did: Order Completed"),
    (
        "{did: Order Completed, within: 3 days, since: journey_start}",
        "J434",
        ("@", "since"),
        "two windows",
        "one",
    ),
    (
        "{did: Order Completed, since: monday}",
        "J434",
        ("since",),
        "`since: monday` is not possible",
        "journey_start",
    ),
    (
        "{did: Order Completed, count: 2}",
        "J435",
        ("count",),
        "wants a comparison",
        "`{gte: 2}` for at least 2",
    ),
    ("{did: Order Completed, count: {gte: -1}}", "J435", ("count", "gte"), "not `-1`", "0 or more"),
    ("{did: Order Completed, count: {gte: 1.5}}", "J435", ("count", "gte"), "a whole number", "0 or more"),
    ("{did: Order Completed, count: {gt: true}}", "J435", ("count", "gt"), "not `true`", "0 or more"),
    (
        "{did: Order Completed, count: {gtt: 1}}",
        "J435",
        ("@", "count", "gtt"),
        "Did you mean `gt`?",
        "`between`",
    ),
    (
        "{did: Order Completed, count: {between: 3}}",
        "J435",
        ("count", "between"),
        "two ends",
        "between: [1, 3]",
    ),
    (
        "{did: Order Completed, count: {between: [3, 1]}}",
        "J416",
        ("count", "between"),
        "between 3 and 1",
        "[1, 3]",
    ),
    ("{did: Order Completed, sum: 500}", "J436", ("sum",), "wants a property", "{event.total: {gt: 500}}"),
    (
        "{did: Order Completed, sum: {event.total: 500}}",
        "J436",
        ("sum", "event.total"),
        "wants a comparison",
        "{gte: 500}",
    ),
    (
        "{did: Order Completed, sum: {event.order_id: {gt: 5}}}",
        "J436",
        ("@", "sum", "event.order_id"),
        "is no number",
        "`event.total`",
    ),
    (
        "{did: Order Completed, sum: {event.total: {gt: lots}}}",
        "J436",
        ("sum", "event.total", "gt"),
        "not `lots`",
        "number",
    ),
    (
        "{did: Order Completed, sum: {contact.orders: {gt: 5}}}",
        "J436",
        ("@", "sum", ORDERS),
        "is no number that the event",
        "`event.total`",
    ),
    ("in_segment: vipp", "J440", ("in_segment",), "no segment `vipp`. Did you mean `vip`?", "segments.yaml"),
    ("subscribed: cartt", "J442", ("subscribed",), "no topic `cartt`. Did you mean `cart`?", "catalog.yaml"),
    ("consented: e-mail", "J443", ("consented",), "Did you mean `email`?", "`email`, `sms`"),
    ("in_journey: demmo", "J444", ("in_journey",), "no journey `demmo`. Did you mean `demo`?", "id"),
    ("finished: demmo", "J444", ("finished",), "no journey `demmo`. Did you mean `demo`?", "id"),
    (
        "stage: retenton",
        "J449",
        ("stage",),
        "no stage `retenton`. Did you mean `retention`?",
        "`id` of a stage",
    ),
    ("stage: [retention]", "J445", ("stage",), "one name", "{stage: retention}"),
    ("in_segment: [vip, lapsed]", "J445", ("in_segment",), "one name", "any: [{in_segment: vip}, {in_seg"),
    ("subscribed: {cart: true}", "J445", ("subscribed",), "one name", "`subscribed: newsletter`"),
    ("consented: true", "J445", ("consented",), "one name, not `true`", "`consented: sms`"),
    ("{finished: demo, since: monday}", "J434", ("since",), "not possible", "journey_start"),
    (
        "{finished: demo, withn: 3 days}",
        "J432",
        ("@", "withn"),
        "Did you mean `within`?",
        "`within` and `since`",
    ),
    ("{finished: demo, in_segment: vip}", "J430", ("@", "in_segment"), "stands alone", "all: [{finished: …}"),
    (
        "{every: trigger.items_count, where: {item.a: 1}}",
        "J446",
        ("every",),
        "`trigger.items_count` is a number",
        "Name a list",
    ),
    ("some: trigger.products", "J447", ("@",), "`some` does not say what must hold", "where: {item.price"),
    ("item.price: 5", "J404", ("@", "item.price"), "only in the `where` of `some`", "trigger.…"),
    (
        "{some: trigger.products, where: {item.product.stok: 1}}",
        "J468",
        ("@", "where", "item.product.stok"),
        "no attribute `stok` of a product. Did you mean `stock`?",
        "add the attribute to `product` in catalog.yaml",
    ),
    (
        "product.price: {gt: 5}",
        "J404",
        ("@", "product.price"),
        "only in a journey whose header says which one",
        "Add it to the journey's header.",
    ),
    (
        "{some: trigger.products, where: {item.product: 1}}",
        "J403",
        ("@", "where", "item.product"),
        "is not complete",
        "item.product.stock",
    ),
    (
        "{some: trigger.products, where: {item.product.price: many}}",
        "J411",
        ("where", "item.product.price"),
        "a number",
        "",
    ),
    ("received: true", "J470", ("received",), "wants the step of a message, not `true`", "`received: any`"),
    ("received: came-bak", "J408", ("received",), "Did you mean `came-back`?", "journey/step"),
    ("bounced: demmo/hello", "J444", ("bounced",), "Did you mean `demo`?", "a slash"),
    ("{received: any, topic: cartt}", "J442", ("topic",), "Did you mean `cart`?", "catalog.yaml"),
    ("{received: any, since: journey_start}", "J432", ("@", "since"), "does not go with", "`topic` and"),
]


@pytest.mark.parametrize(
    ("text", "rule", "path", "message", "help"), MISTAKES, ids=[one[0] for one in MISTAKES]
)
def test_mistake(text: str, rule: str, path: Path, message: str, help: str) -> None:
    (mistake,) = mistakes_of(text)
    at_key = path[:1] == ("@",)
    assert (mistake.rule, mistake.path, mistake.at_key) == (rule, path[1:] if at_key else path, at_key)
    assert message in mistake.message
    assert help in mistake.help
    assert mistake.message.endswith((".", "?"))
    assert mistake.help.endswith(".")


def test_every_rule_of_the_table_is_shown_above() -> None:
    shown = {rule for _, rule, *_ in MISTAKES} | {"J420", "J441"} | {"J471", "J472"}
    assert shown == set(RULES)


def test_a_text_that_looks_like_a_path_is_only_doubted() -> None:
    (mistake,) = mistakes_of("contact.first_name: trigger.cart_id")
    assert (mistake.rule, mistake.severity) == ("J420", "warning")
    assert "{same_as: trigger.cart_id}" in mistake.help
    assert not mistakes_of("contact.first_name: contact us. Today")


def test_all_mistakes_are_found_in_one_go() -> None:
    found = mistakes_of(
        "any:\n"
        "  - contact.orders: {gte: five, ltt: 3}\n"
        "  - {did: Order Completd, within: 30, count: 2, contact.vip: yes}\n"
        "  - not: {all: [{contact.vip: yes}, {colour: red}]}"
    )  # fmt: skip
    assert [(one.path, one.rule) for one in found] == [
        (("any", 0, ORDERS, "gte"), "J411"),
        (("any", 0, ORDERS, "ltt"), "J409"),
        (("any", 1, "contact.vip"), "J430"),
        (("any", 1, "did"), "J406"),
        (("any", 1, "within"), "J418"),
        (("any", 1, "count"), "J435"),
        (("any", 2, "not", "all", 0, "contact.vip"), "J413"),
        (("any", 2, "not", "all", 1, "colour"), "J402"),
    ]


def test_a_segment_knows_no_journey() -> None:
    segment = replace(CATALOG, roots=frozenset({"contact"}))
    (path,) = mistakes_of("trigger.cart_id: c1", segment)
    assert path.message == "`trigger` is not known here, only inside a journey."
    (event,) = mistakes_of("event.total: 1", segment)
    assert event.help == "Here you can compare contact.…."
    (since,) = mistakes_of("{did: Order Completed, since: journey_start}", segment)
    assert since.rule == "J434"
    assert not mistakes_of("{did: Order Completed, where: {event.total: {gt: 5}}}", segment)


@pytest.mark.parametrize(
    "text",
    [
        "contact.zip: 8001",
        "contact.email: { ends_with: .example }",
        "contact.created_at: { within: 3 days }",
        "contact.stage: retention",
        "contact.birthday: 2000-02-29",
        "contact.address.city: Chur",
        "contact.country: { contains: C }",
        "contact.renewal_at: { after: { value: contact.birthday } }",
        "trigger.items_count: { gte: 1 }",
        "step.came-back.event.total: { gte: 1 }",
        "{ did: Whatever, where: { event.anything: 1 } }",
    ],
)
def test_what_the_catalog_allows(text: str) -> None:
    assert not mistakes_of(text)


def test_opens_and_clicks_need_tracking() -> None:
    names = replace(CATALOG, tracking=frozenset({"opens"}))
    assert mistakes_of("opened: any", names) == mistakes_of("clicked: any") == []
    (mistake,) = mistakes_of("clicked: came-back", names)
    assert (mistake.rule, mistake.path) == ("J471", ("clicked",))
    assert "`tracking: [opens, clicks]`" in mistake.help


@pytest.mark.parametrize("what", ["Delivered", "Replied"])
def test_what_only_others_tell_is_taken_with_a_remark(what: str) -> None:
    (mistake,) = mistakes_of(f"{{did: Message {what}, where: {{event.topic: cart}}}}")
    assert (mistake.rule, mistake.severity) == ("J472", "info")


def test_without_a_catalog_names_are_not_checked() -> None:
    for text in (
        "contact.anything.at.all: { gt: 5 }",
        "{ did: Some Thing, where: { event.x: 5 }, sum: { event.y: { gt: 1 } } }",
        "trigger.x: 1",
        "step.x.y: 1",
    ):
        assert not mistakes_of(text, Names())


def test_triggers_that_disagree_on_a_type_leave_it_open() -> None:
    cart, order = Brought("event", "Cart Updated"), Brought("event", "Order Completed")
    both = replace(CATALOG, triggers=(cart, order))
    assert not mistakes_of("trigger.total: { gt: 5 }", both)
    assert not mistakes_of("trigger.items_count: { gt: 5 }", both)
    assert [one.rule for one in mistakes_of("trigger.colour: red", both)] == ["J407"]
    whatever = Brought("event", "Whatever")
    assert not mistakes_of("trigger.colour: red", replace(CATALOG, triggers=(cart, whatever)))
    assert not mistakes_of("trigger.colour: red", replace(CATALOG, triggers=(cart, Brought("manual"))))
    gold = Brought("segment", fields={"segment": AttributeType("text")})
    assert not mistakes_of("trigger.items_count: { gt: 5 }", replace(CATALOG, triggers=(cart, gold)))
    (mistake,) = mistakes_of("trigger.colour: red", replace(CATALOG, triggers=(cart, gold)))
    assert "Who enters by `event` or `segment` brings no `colour`." in mistake.message
