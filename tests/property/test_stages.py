"""The stage of a contact against a second way of working it out: anew each half hour, from the bare facts.

The engine looks only when something happens or when it said that it would; the model rescans everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.case import Case
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.letters import Letters
from engine.service.simulate import Change, simulate, world_of
from engine.service.versions import bind_version

START = datetime(2026, 3, 2, tzinfo=UTC)
HALF = timedelta(minutes=30)
TICKS = 80
JOURNEY = (
    b"dsl: 1\njourney: j\ntrigger: { event: Stage Changed }\nre_entry: always\nsteps: [{ id: e, end: x }]\n"
)


@dataclass(frozen=True)
class Rule:
    """`event` at least `times` times within so many half hours (None: ever), turned round by `is_not`."""

    event: str
    within: int | None
    times: int
    is_not: bool
    level: int | None  # and the contact has this level

    def plain(self) -> dict[str, Any]:
        asked: dict[str, Any] = {"did": self.event, "count": {"gte": self.times}}
        if self.within is not None:
            asked["within"] = f"{self.within * 30} minutes"
        rule: dict[str, Any] = {"not": asked} if self.is_not else asked
        return rule if self.level is None else {"all": [rule, {"contact.level": self.level}]}

    def holds(self, tick: int, events: list[tuple[int, str]], level: int | None) -> bool:
        since = -1 if self.within is None else tick - self.within
        number = sum(name == self.event and since < at <= tick for at, name in events)
        return ((number >= self.times) != self.is_not) and self.level in (None, level)


RULES = st.builds(
    Rule,
    st.sampled_from("AB"),
    st.none() | st.integers(1, 30),
    st.integers(1, 2),
    st.booleans(),
    st.none() | st.integers(0, 1),
)
HAPPENINGS = st.lists(st.tuples(st.integers(0, TICKS - 1), st.sampled_from(["A", "B", 0, 1])), max_size=8)


def expected(
    rules: list[Rule], happenings: list[tuple[int, Any]]
) -> list[tuple[int, str | None, str | None]]:
    """Each change of stage with its half hour, as seen by somebody who looks whenever anything happens."""
    events: list[tuple[int, str]] = []
    level, stage, changes = None, None, []

    def look(tick: int) -> None:
        nonlocal stage
        found = next((f"s{n}" for n, rule in enumerate(rules) if rule.holds(tick, events, level)), None)
        if found != stage:
            changes.append((tick, stage, found))
            stage = found

    for tick in range(TICKS * 2):
        todo = [what for at, what in happenings if at == tick]
        if tick == 0:
            look(tick)
        for what in todo:
            if isinstance(what, int):
                level = what
            else:
                events.append((tick, what))
            look(tick)
        look(tick)
    return changes


def lived(rules: list[Rule], happenings: list[tuple[int, Any]]) -> Case:
    stages = "\n".join(f"  - {{ id: s{n}, when: {rule.plain()} }}" for n, rule in enumerate(rules))
    files = {"journeys/j.yaml": JOURNEY, "journeys/lifecycle.yaml": f"stages:\n{stages}\n".encode()}
    workspace = read_workspace(files)
    assert [fault for fault in workspace.all_faults() if fault.severity == "error"] == []
    version = bind_version(workspace.journeys["j"].compiled or {}, "1", "live")
    world = world_of([version], workspace.catalog, {}, Policy(), workspace.lifecycle)
    coming: list[Event | Change] = []
    for number, (tick, what) in enumerate(happenings):
        at = START + tick * HALF
        if isinstance(what, int):
            coming.append(Change(at, Contact("ada", attributes={"level": what})))
        else:
            coming.append(Event(f"e{number}", "ada", what, at, at))
    letters = Letters(workspace.catalog, "mailto:bye@shop.example")
    until = START + (TICKS * 2 - 1) * HALF
    return simulate(world, version, letters, Contact("ada"), [], coming, START, until).case


@settings(max_examples=150, deadline=None)
@given(
    st.lists(RULES, min_size=1, max_size=4), HAPPENINGS.map(lambda found: sorted(found, key=lambda x: x[0]))
)
def test_every_change_of_stage_is_told_at_its_time(
    rules: list[Rule], happenings: list[tuple[int, Any]]
) -> None:
    wanted = expected(rules, happenings)
    case = lived(rules, happenings)
    told = [(event.at, event.properties["from"], event.properties["to"]) for event in _told(case)]
    assert told == [(START + tick * HALF, before, after) for tick, before, after in wanted]
    assert case.contact.stage == (wanted[-1][2] if wanted else None)


def _told(case: Case) -> list[Event]:
    return list(case.history.get("Stage Changed", ()))
