"""tests.yaml: the unit tests of a journey, read into cases that `service` runs on a virtual clock."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from engine.calendar.durations import read_duration
from engine.calendar.instants import as_instant, read_instant
from engine.conditions.names import PRODUCT_ROOTS, Names, check_event, check_value, within_event
from engine.conditions.wording import sentence, show
from engine.errors import ReadError
from engine.language import rules
from engine.language.addresses import check_address
from engine.language.catalog import Catalog
from engine.language.lost_keys import follows_from_lost_key
from engine.language.shape import check_shape, shape_of, written_text
from engine.language.shapes.journey_tests import TESTS
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault, Mistake, Path, Report
from engine.model.position import REASONS
from engine.model.proof import KEYS
from engine.model.source import SourcePosition
from engine.model.spelling import did_you_mean
from engine.steps.zones import check_zone

_SHAPE = shape_of(TESTS)
_DATE = re.compile(r"\s*[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UTC = ZoneInfo("UTC")
#: Keys of a contact that are neither built in nor attributes.
_SAID = ("topics", "consent", "suppressed", "paused_until", "history", *KEYS)


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must occur: a message of a step, or leaving with a reason. `at` is as written."""

    at: str
    step: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class JourneyTest:
    """One test, times as written: an offset from `start` or a local time in the contact's zone."""

    name: str
    position: SourcePosition
    start: str
    contact: Mapping[str, Any]
    events: tuple[tuple[str, str, Mapping[str, Any]], ...]  # at, event, properties
    expect: tuple[Expected, ...]
    never: tuple[str, ...]
    allow_others: bool
    until: str | None = None
    products: tuple[tuple[str | None, Mapping[str, Any]], ...] = ()  # at (None: from the start), row
    orders: tuple[tuple[str, ...], ...] = ()  # of other customers
    coupons: Mapping[str, int] = field(default_factory=dict)  # how many codes a pool holds
    has_expect: bool = field(default=True)


@dataclass(frozen=True, slots=True)
class Known:
    """What the tests of a journey may name. Without steps nothing is known of the journey."""

    steps: tuple[str, ...]
    outcomes: frozenset[str] = frozenset()
    catalog: Catalog = field(default_factory=Catalog)
    stages: frozenset[str] | None = None

    def names(self) -> Names:
        """What contacts and events may have."""
        catalog = self.catalog
        return Names(attributes=catalog.attributes, events=catalog.events, stages=self.stages)


def read_tests(text: bytes, file: str, known: Known) -> tuple[tuple[JourneyTest, ...], tuple[Fault, ...]]:
    """The tests and the faults of the file."""
    document = read_yaml(text, file)
    faults = list(document.faults)

    def report(mistake: Mistake) -> None:
        if not follows_from_lost_key(mistake, document):
            faults.append(document.fault(mistake))

    if not document.is_whole:
        return (), tuple(faults)
    data = document.data
    if not _SHAPE.fits(data):
        data = written_text(data, TESTS, document, ())
        if not check_shape(data, _SHAPE, (), report):
            return (), tuple(faults)
    tests: list[JourneyTest] = []
    for index, plain in enumerate(data["tests"]):
        path = ("tests", index)
        _check_name(plain["name"], [test.name for test in tests], path, report)
        _check(plain, path, report, known)
        tests.append(_test(plain, data.get("products", ()), document.value_at((*path, "name"))))
    _check_products(data.get("products", ()), ("products",), report, known)
    return tuple(tests), tuple(faults)


def _test(
    plain: Mapping[str, Any], products: Sequence[Mapping[str, Any]], position: SourcePosition
) -> JourneyTest:
    events = plain.get("events", ())
    return JourneyTest(
        name=plain["name"],
        position=position,
        start=plain["start"],
        contact=plain.get("contact", {}),
        events=tuple((event["at"], event["event"], event.get("properties", {})) for event in events),
        expect=tuple(Expected(e["at"], e.get("send"), e.get("leave")) for e in plain.get("expect", ())),
        never=tuple(plain.get("never", ())),
        allow_others=plain.get("allow_others", False),
        until=plain.get("until"),
        orders=tuple(tuple(order) for order in plain.get("orders", ())),
        coupons=plain.get("coupons", {}),
        products=tuple(_product(row) for row in (*products, *plain.get("products", ()))),
        has_expect="expect" in plain,
    )


def _product(plain: Mapping[str, Any]) -> tuple[str | None, Mapping[str, Any]]:
    """When it is so, and the row."""
    return plain.get("at"), {key: value for key, value in plain.items() if key != "at"}


# --- what the tests say -----------------------------------------------------------------------------


def _check_name(name: str, earlier: list[str], path: Path, report: Report) -> None:
    if name in earlier:
        message, help = f"Two tests are named `{name}`.", "Give each test a name of its own."
        report(Mistake((*path, "name"), rules.TEST_TWICE, message, help))


def _check(plain: Mapping[str, Any], path: Path, report: Report, known: Known) -> None:
    for place, written, reads in _times(plain):
        try:
            reads(written)
        except ReadError as error:
            message, help = sentence(error.message), sentence(error.help)
            report(Mistake((*path, *place), rules.UNREADABLE_TIME, message, help))
    for place, step in _named_steps(plain):
        if known.steps and step not in known.steps:
            message = f"The journey has no step `{step}`.{did_you_mean(step, known.steps)}"
            help = "Write the id of one of its steps."
            report(Mistake((*path, *place), rules.UNKNOWN_STEP, message, help))
    for index, line in enumerate(plain.get("expect", ())):
        if "leave" in line and known.steps:
            _check_reason(line["leave"], (*path, "expect", index, "leave"), report, known)
    for index, event in enumerate(plain.get("events", ())):
        _check_event(event, (*path, "events", index), report, known)
    _check_contact(plain.get("contact", {}), (*path, "contact"), report, known)
    _check_products(plain.get("products", ()), (*path, "products"), report, known)


def _times(plain: Mapping[str, Any]) -> Iterator[tuple[Path, str, Callable[[str], object]]]:
    yield ("start",), plain["start"], _read_start
    if "until" in plain:
        yield ("until",), plain["until"], _read_time
    for key in ("events", "expect", "products"):
        for index, one in enumerate(plain.get(key, ())):
            if "at" in one:
                yield (key, index, "at"), one["at"], _read_time


def _read_start(text: str) -> object:
    return read_instant(text, _UTC)


def _read_time(text: str) -> object:
    """An offset from the start, or a local time."""
    return read_instant(text, _UTC) if _DATE.match(text) else read_duration(text)


def _named_steps(plain: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    for index, line in enumerate(plain.get("expect", ())):
        if "send" in line:
            yield ("expect", index, "send"), line["send"]
    for index, step in enumerate(plain.get("never", ())):
        yield ("never", index), step


def _check_reason(reason: str, path: Path, report: Report, known: Known) -> None:
    """`leave` names a reason, or an outcome that an `end` of the journey gives."""
    words = (*REASONS, *sorted(known.outcomes))
    if reason not in words:
        message = f"Nobody leaves this journey with `{reason}`.{did_you_mean(reason, words)}"
        listed = ", ".join(f"`{word}`" for word in words)
        report(Mistake(path, rules.UNKNOWN_REASON, message, f"Write one of {listed}."))


def _check_contact(contact: Mapping[str, Any], path: Path, report: Report, known: Known) -> None:
    names = known.names()
    for key, value in contact.items():
        if key not in _SAID and value is not None:
            check_value(("contact", key), value, (*path, key), report, names)
    if isinstance(contact.get("timezone"), str):
        check_zone(contact["timezone"], (*path, "timezone"), report, may_be_contact=False)
    if isinstance(contact.get("email"), str):
        check_address(contact["email"], (*path, "email"), report, may_have_name=False)
    for index, event in enumerate(contact.get("history") or ()):
        _check_event(event, (*path, "history", index), report, known)
        _check_instant(event["at"], (*path, "history", index, "at"), report, "it was")
    if "paused_until" in contact:
        _check_instant(contact["paused_until"], (*path, "paused_until"), report, "it ends")
    topics = known.catalog.topics
    for topic in _keys(contact.get("topics")):
        if topics is not None and topic not in topics:
            message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(topic, topics)}"
            help = "Write one of `topics` in catalog.yaml."
            report(Mistake((*path, "topics", topic), rules.UNKNOWN_TOPIC, message, help, at_key=True))


def _check_instant(written: Any, path: Path, report: Report, what: str) -> None:
    if as_instant(written) is None:
        message = f"`{show(written)}` is no date and no point in time."
        help = f"Write when {what}, for example `2026-01-05` or `2026-01-05T19:00:00Z`."
        report(Mistake(path, rules.UNREADABLE_TIME, message, help))


def _check_event(event: Mapping[str, Any], path: Path, report: Report, known: Known) -> None:
    """Its name, and the properties that the catalog gives it."""
    name, properties = str(event["event"]), event.get("properties")
    names = within_event(known.names(), name)
    if not check_event(name, (*path, "event"), report, names) or not isinstance(properties, Mapping):
        return
    for key, value in properties.items():
        if value is not None:
            check_value(("event", key), value, (*path, "properties", key), report, names)


def _check_products(rows: Sequence[Mapping[str, Any]], path: Path, report: Report, known: Known) -> None:
    names = Names(roots=PRODUCT_ROOTS, products=known.catalog.products)
    for index, row in enumerate(rows):
        for key, value in row.items():
            if key != "at" and value is not None:
                check_value(("product", key), value, (*path, index, key), report, names)


def _keys(value: Any) -> list[str]:
    return [str(key) for key in value] if isinstance(value, Mapping) else []
