"""A condition of three comparisons as the engine compiles it, beside the same question written in Python.

    python -m benchmarks.conditions [--rounds N]

The yardstick asks the same of the same contact, by hand and for this condition alone: what a programmer would
write who knows every type beforehand.
"""

from __future__ import annotations

import argparse
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from zoneinfo import ZoneInfo

from engine.conditions.names import Names
from engine.conditions.table import read_and_compile
from engine.model.contact import Contact
from engine.model.fault import Mistake
from engine.model.view import View

USUAL = {"contact.country": "CH", "contact.orders": {"gte": 2}, "contact.plan": {"in": ["free", "basic"]}}
CALLS = 200_000
LIMIT = 1.0  # microseconds


def by_hand(view: View) -> bool:
    """The same three questions."""
    values = view.contact.attributes
    return (
        values.get("country") == "CH"
        and values.get("orders", 0) >= 2
        and values.get("plan") in ("free", "basic")
    )


def compiled() -> Callable[[View], bool]:
    """What a journey's `when` becomes."""
    mistakes: list[Mistake] = []
    condition = read_and_compile(USUAL, (), mistakes.append, Names(roots=frozenset({"contact"})))
    if condition is None:
        raise SystemExit(f"the condition should be right, but {mistakes}")
    return condition.holds


def microseconds(holds: Callable[[View], bool], view: View) -> float:
    """Of one call, without the loop's own."""
    empty = timeit.timeit(lambda: None, number=CALLS)
    return (timeit.timeit(lambda: holds(view), number=CALLS) - empty) * 1e6 / CALLS


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    contact = Contact("ada", attributes={"country": "CH", "orders": 3, "plan": "basic"})
    view = View(contact, datetime(2026, 3, 1, tzinfo=UTC), ZoneInfo("UTC"), {})
    holds = compiled()
    if not (holds(view) and by_hand(view)):
        raise SystemExit("both should hold")
    pairs = [(microseconds(holds, view), microseconds(by_hand, view)) for _ in range(rounds)]
    ours, theirs = median(one for one, _ in pairs), median(other for _, other in pairs)
    allowed = f"{LIMIT:.0f} allowed"
    print(f"three comparisons: {ours:.2f} µs ({allowed}), by hand {theirs:.2f} µs: {ours / theirs:.1f} times")


if __name__ == "__main__":
    main()
