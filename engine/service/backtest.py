"""Backtest: history replayed through one version in memory, contact by contact; only the figures are kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from msgspec import structs

from engine.core.advance import Instant
from engine.core.case import Case, World
from engine.core.deal import Deck
from engine.core.live import live
from engine.intake.lines import Identified
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.stock import NO_STOCK, Stock
from engine.service.simulate import begin, change, run_out
from engine.service.versions import Version


@dataclass(slots=True)
class Backtest:
    """Figures over all contacts. `sent` and `dropped` are by step, `dropped` also by reason."""

    contacts: int = 0
    events: int = 0
    entered: int = 0
    inside: int = 0
    converted: int = 0
    revenue: float = 0.0
    held_out_entered: int = 0  # of those that entered
    held_out_converted: int = 0
    left: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    held_out: Counter[str] = field(default_factory=Counter)  # messages recorded and not sent
    dropped: Counter[tuple[str, str]] = field(default_factory=Counter)
    not_entered: Counter[str] = field(default_factory=Counter)


def backtest(
    world: World,
    version: Version,
    items: Iterable[Event | Identified],
    until: datetime | None,
    stock: Stock = NO_STOCK,
    progress: Callable[[int, int], None] | None = None,
) -> Backtest:
    """Replay the items, each contact by itself, until nothing is due or `until`; message ids count once."""
    by_contact: dict[str, list[Event | Identified]] = {}
    last: datetime | None = None
    seen: set[str] = set()
    for item in items:
        if item.message_id in seen or (until is not None and item.received_at > until):
            continue
        seen.add(item.message_id)
        by_contact.setdefault(item.contact_id, []).append(item)
        last = max(last or item.received_at, item.received_at)
    figures = Backtest(contacts=len(by_contact))
    dealer = Deck()
    for number, (id, given) in enumerate(by_contact.items()):
        _add(figures, version.journey.id, _live(world, version, id, given, until, stock, last, dealer))
        figures.events += sum(isinstance(item, Event) for item in given)
        if progress is not None:
            progress(number + 1, len(by_contact))
    return figures


def _live(
    world: World,
    version: Version,
    id: str,
    items: list[Event | Identified],
    until: datetime | None,
    stock: Stock,
    last: datetime | None,
    dealer: Deck,
) -> Case:
    """One contact's life, from its first item on; traits given at that instant are there from the start.

    Without `until` its dates, and schedules, let it enter until the last item of anybody.
    """
    items = sorted(items, key=lambda item: item.received_at)
    start = items[0].received_at
    case = Case(Contact(id, created_at=start), stock=stock, dealer=dealer)
    while items and isinstance(items[0], Identified) and items[0].received_at == start:
        case.contact = case.contact.told(items.pop(0).traits)  # type: ignore[union-attr]
    if world.lifecycle is not None:  # nobody else says what the stage is, as in the daemon
        case.contact = structs.replace(case.contact, stage=None)
    begin(case, world, version, start)
    now = start
    for item in items:
        now = item.received_at
        if isinstance(item, Event):
            live(case, world, [item], None)
        else:
            change(case, world, item.traits, Instant(now, now), None)
    run_out(case, world, now, until, last)
    return case


def _add(figures: Backtest, journey: str, case: Case) -> None:
    """Of this journey only; those that lead to it ran beside it."""
    for enrollment in case.enrollments:
        if enrollment.journey != journey:
            continue
        figures.entered += 1
        figures.held_out_entered += enrollment.is_held_out
        if enrollment.left_at is None:
            figures.inside += 1
        else:
            figures.left[enrollment.reason or "left"] += 1
        if enrollment.converted_at is not None:
            figures.converted += 1
            figures.held_out_converted += enrollment.is_held_out
            figures.revenue += enrollment.revenue or 0.0
    for message in (message for of, message in case.messages if of.journey == journey):
        if message.state == "ready":
            figures.sent[message.step] += 1
        elif message.state == "held_out":
            figures.held_out[message.step] += 1
        else:
            figures.dropped[message.step, message.reason or message.state] += 1
    for trace in case.traces:
        if trace.line.did == "not_entered" and trace.journey == journey:
            figures.not_entered[trace.line.why.partition(":")[0]] += 1
