"""Dealing contacts out among people: in turn, to who has the fewest, or by a hash of the contact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.core.case import Case
from engine.model.result import Assign
from engine.steps.chance import chance


def deal(case: Case, journey: str, step: str, assign: Assign) -> str:
    """Who gets the contact. What the next one depends on is counted, and kept with the case."""
    if assign.by == "hash":
        drawn = chance("assign", journey, step, case.contact.id)
        return assign.among[int(drawn * len(assign.among))]
    if case.dealer is None:
        case.dealer = Deck()
    if assign.by == "round_robin":
        case.count(journey, step, "dealt")
        return assign.among[case.dealer.take_turn(journey, step) % len(assign.among)]
    name = least(case.dealer.loads(case, journey, step, assign.attribute), assign.among)
    case.dealer.give(case, journey, step, name)
    case.dealt.append((journey, step, name))
    return name


def least(loads: Mapping[str, int], among: Sequence[str]) -> str:
    """Who has the fewest; of several the one that is named first."""
    return min(among, key=lambda name: loads.get(name, 0))


@dataclass(slots=True)
class Deck:
    """In memory, for a simulation or a backtest: it begins with nobody dealt."""

    turns: Counter[tuple[str, str]] = field(default_factory=Counter)
    held: defaultdict[tuple[str, str], dict[str, str]] = field(default_factory=lambda: defaultdict(dict))

    def take_turn(self, journey: str, step: str) -> int:
        """How many were dealt here before."""
        self.turns[journey, step] += 1
        return self.turns[journey, step] - 1

    def loads(self, case: Case, journey: str, step: str, attribute: tuple[str, ...]) -> Mapping[str, int]:
        """How many others each one has."""
        del attribute  # others change no more: they were lived through before, or are not there
        held = self.held[journey, step].items()
        return Counter(name for contact, name in held if contact != case.contact.id)

    def give(self, case: Case, journey: str, step: str, name: str) -> None:
        """The contact is theirs now."""
        self.held[journey, step][case.contact.id] = name
