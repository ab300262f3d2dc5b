"""What `coupon` and `recommend` named: kept with their step, seen by that name in later messages."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.core.case import Case, TraceEntry
from engine.core.standing import is_performed
from engine.model.journey import Journey, Step
from engine.model.position import Enrollment
from engine.model.result import Leave, TakeCoupon
from engine.model.stock import CODE, NAME, PICKS, Coupon, Stock, made_up_code
from engine.model.trace import Did, TraceLine
from engine.model.view import View

#: Under which a coupon step remembers the turn that its code is for.
_TURN = "turn"


def take_coupon(
    case: Case,
    journey: Journey,
    enrollment: Enrollment,
    step: Step,
    effect: TakeCoupon,
    view: View,
    real: datetime,
) -> Leave | None:
    """One code for this enrollment, step and turn, once and for all; none for who is held out.

    In shadow it is a made-up one, which the enrollment alone sees.

    Answers Leave where the pool is empty and the step says `on_empty: exit`.
    """
    known = enrollment.steps.get(step.id, {})
    if CODE in known and known.get(_TURN, "") == enrollment.iteration:
        _trace(case, enrollment, step, "passed", "it has its code", view)
        return None
    if enrollment.is_held_out:
        _without(case, enrollment, step, effect, view, "no code for who is held out")
        return None
    if not is_performed(journey):
        coupon = Coupon(0, made_up_code(effect.pool, 1))
        _keep(enrollment, step, _memory(effect, coupon, enrollment.iteration))
        _trace(case, enrollment, step, "drafted", f"would take a code of pool {effect.pool}", view)
        return None
    found = case.stock.coupon(effect.pool, max(view.now, real))  # a late daemon gives no lapsed one
    if found is None:
        case.count(enrollment.journey, step.id, "empty")
        _without(case, enrollment, step, effect, view, f"no code left in pool {effect.pool}")
        return Leave("exit", detail=f"on_empty: {effect.pool}") if effect.exit_on_empty else None
    case.taken.append((enrollment, step.id, enrollment.iteration, found))
    _keep(enrollment, step, _memory(effect, found, enrollment.iteration))
    _trace(case, enrollment, step, "chose", f"code {found.code} of pool {effect.pool}", view)
    return None


def _memory(effect: TakeCoupon, coupon: Coupon, turn: str) -> dict[str, Any]:
    memory: dict[str, Any] = {NAME: effect.name, CODE: coupon.code}
    if coupon.expires_at is not None:
        memory["expires_at"] = coupon.expires_at.isoformat()
    return {**memory, _TURN: turn} if turn else memory


def _without(
    case: Case, enrollment: Enrollment, step: Step, effect: TakeCoupon, view: View, why: str
) -> None:
    """The name stands for nothing: a message that prints it needs a `default`."""
    _keep(enrollment, step, {NAME: effect.name})
    _trace(case, enrollment, step, "skipped", why, view)


def _keep(enrollment: Enrollment, step: Step, memory: dict[str, Any]) -> None:
    """At the end, because the last one to use a name is the one that is seen."""
    enrollment.steps.pop(step.id, None)
    enrollment.steps[step.id] = memory
    enrollment.is_moved = True


def _trace(case: Case, enrollment: Enrollment, step: Step, did: Did, why: str, view: View) -> None:
    case.traces.append(TraceEntry(enrollment.journey, enrollment, TraceLine(view.now, step.id, did, why)))


def named_values(steps: Mapping[str, Mapping[str, Any]], stock: Stock) -> dict[str, Any]:
    """By name; recommended products as the product table has them now, without those that are gone."""
    found: dict[str, Any] = {}
    for memory in steps.values():
        if NAME not in memory:
            continue
        found[memory[NAME]] = _picked(memory[PICKS], stock) if PICKS in memory else memory
    return found


def _picked(items: Any, stock: Stock) -> list[Any]:
    rows = (stock.product(item["product_id"]) for item in items)
    return [row for row in rows if row is not None]
