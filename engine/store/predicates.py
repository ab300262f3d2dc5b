"""Predicates as SQL: who of all contacts a condition may hold for, and for whom it surely does.

What SQL cannot say exactly as the closures do, it brackets: every predicate becomes two expressions, `most`,
true wherever the condition holds, and `sure`, true only where it does. Negation swaps the two. Where they
are one and the same, SQL alone decides; between them somebody else has to look (language.md §4).

Every expression is true or false, never NULL. Contacts stand under `c`, events under `e1`, `e2`, …
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from engine.calendar.instants import as_instant
from engine.conditions.values import is_number
from engine.conditions.windows import end_of, start_of
from engine.model.contact import BUILT_IN
from engine.model.duration import Duration
from engine.model.policy import Topic
from engine.model.position import GOES_ON
from engine.model.predicate import (
    All,
    AnyOf,
    Compare,
    Consented,
    Did,
    Finished,
    InJourney,
    InSegment,
    Not,
    Predicate,
    Reference,
    Subscribed,
)
from engine.store.instants import micros

#: Beyond this a double no longer holds every whole number, and SQLite rounds where Python does not.
_EXACT = 2**53

#: Keys that a path of both databases takes as they are. On PostgreSQL digits would count the items of a list.
_PLAIN_KEY = re.compile(r'(?!-?\d+$)[^"\\\x00-\x1f{}]+')

_SIGNS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "eq": "=", "ne": "<>"}
_AT_LEAST, _AT_MOST = ("gt", "gte"), ("lt", "lte")


@dataclass(frozen=True, slots=True)
class Sql:
    """An expression and its parameters, in order."""

    text: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Bounds:
    """`most` holds wherever the predicate does, `sure` only there."""

    most: Sql
    sure: Sql


@dataclass(frozen=True, slots=True)
class Asking:
    """What a translation needs to know: the dialect, the instant, the shop's topics."""

    is_postgres: bool
    now: datetime
    topics: Mapping[str, Topic]
    depth: int = 0  # how many histories this stands in
    event: str | None = None  # where the properties of the event under test stand

    def inside(self) -> Asking:
        """Within one more history."""
        depth = self.depth + 1
        return Asking(self.is_postgres, self.now, self.topics, depth, f"e{depth}.properties")


TRUE, FALSE = Sql("TRUE"), Sql("FALSE")
MAYBE = Bounds(TRUE, FALSE)
_NEVER = Bounds(FALSE, FALSE)
_ALWAYS = Bounds(TRUE, TRUE)


def bounds_of(predicate: Predicate, asking: Asking) -> Bounds:
    """The two expressions of a predicate about contacts who are in no journey by it."""
    match predicate:
        case Compare():
            return _compare(predicate, asking)
        case Did():
            return _did(predicate, asking)
        case InSegment(_, part):
            return bounds_of(part, asking)
        case Subscribed(topic):
            return _exactly(_is_subscribed(topic, asking))
        case Consented(channel):
            return _exactly(_has_consented(channel, asking))
        case InJourney(journey):
            return _exactly(_passed(journey, "n.left_at IS NULL"))
        case Finished():
            return _finished(predicate, asking)
        case All(parts):
            return _joined(" AND ", TRUE, [bounds_of(part, asking) for part in parts])
        case AnyOf(parts):
            return _joined(" OR ", FALSE, [bounds_of(part, asking) for part in parts])
        case Not(part):
            inner = bounds_of(part, asking)
            return Bounds(_negated(inner.sure), _negated(inner.most))
        case _:
            return MAYBE


# --- joining -----------------------------------------------------------------------------------


def _exactly(sql: Sql) -> Bounds:
    return Bounds(sql, sql)


def _join(word: str, empty: Sql, parts: Sequence[Sql]) -> Sql:
    if not parts:
        return empty
    text = word.join(f"({part.text})" for part in parts)
    return Sql(text, tuple(value for part in parts for value in part.values))


def _joined(word: str, empty: Sql, parts: Sequence[Bounds]) -> Bounds:
    return Bounds(
        _join(word, empty, [part.most for part in parts]), _join(word, empty, [part.sure for part in parts])
    )


def _negated(sql: Sql) -> Sql:
    return Sql(f"NOT ({sql.text})", sql.values)


def _sound(sql: Sql) -> Sql:
    """Missing is false."""
    return Sql(f"coalesce({sql.text}, FALSE)", sql.values)


# --- comparisons -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Value:
    """Where a value stands: each question about it as an expression, NULL where it is of another type."""

    exists: Sql
    text: Sql
    number: Sql
    truth: Sql
    has_decimals: bool = False  # numbers are compared by their digits, not as doubles


def _compare(compare: Compare, asking: Asking) -> Bounds:
    root, name, *rest = compare.subject.path
    if isinstance(compare.operand, Reference):
        return MAYBE if _is_known(compare.operand, asking) else _NEVER
    if not _is_known(compare.subject, asking):
        return _ALWAYS if (compare.operator, compare.operand) == ("exists", False) else _NEVER
    if root == "contact" and name == "created_at":
        return _of_instant("c.created_at", compare, asking)
    if root == "contact" and name in BUILT_IN:
        return _of_value(_in_column(name), compare)
    if not all(_PLAIN_KEY.fullmatch(key) for key in (name, *rest)):
        return MAYBE
    column = "c.attributes" if root == "contact" else asking.event
    return _guarded(column or "", _of_value(_in_json(column or "", (name, *rest), asking), compare), asking)


def _is_known(reference: Reference, asking: Asking) -> bool:
    """Nobody of an audience has a trigger or steps; an event is there only within a history."""
    root = reference.path[0]
    return root == "contact" or (root == "event" and asking.event is not None)


def _in_column(name: str) -> _Value:
    column = Sql(f"c.{name}")
    return _Value(Sql(f"c.{name} IS NOT NULL"), column, Sql("NULL"), Sql("NULL"))


def _in_json(column: str, path: tuple[str, ...], asking: Asking) -> _Value:
    if asking.is_postgres:
        return _in_jsonb(f"({_readable(column)}::jsonb #> ?::text[])", list(path))
    at = "$" + "".join(f'."{key}"' for key in path)
    kind, found = f"json_type({column}, ?)", f"json_extract({column}, ?)"
    return _Value(
        Sql(f"coalesce({kind} <> 'null', FALSE)", (at,)),
        Sql(f"CASE WHEN {kind} = 'text' THEN {found} END", (at, at)),
        Sql(f"CASE WHEN {kind} IN ('integer', 'real') THEN {found} END", (at, at)),
        Sql(f"CASE WHEN {kind} IN ('true', 'false') THEN {found} END", (at, at)),
    )


def _in_jsonb(found: str, path: list[str]) -> _Value:
    """CASE decides before the value is cast; AND would not promise that."""
    kind = f"jsonb_typeof({found})"
    return _Value(
        Sql(f"coalesce({kind} <> 'null', FALSE)", (path,)),
        Sql(f"CASE WHEN {kind} = 'string' THEN {found} #>> '{{}}' END", (path, path)),
        Sql(f"CASE WHEN {kind} = 'number' THEN {found}::numeric END", (path, path)),
        Sql(f"CASE WHEN {kind} = 'boolean' THEN {found}::boolean END", (path, path)),
        has_decimals=True,
    )


def _readable(column: str) -> str:
    """PostgreSQL's jsonb knows no NUL, not even escaped."""
    return f"(CASE WHEN position('\\u0000' IN {column}) = 0 THEN {column} END)"


def _guarded(column: str, bounds: Bounds, asking: Asking) -> Bounds:
    """Of text with a NUL, which jsonb cannot read and SQLite reads to there, nothing is known."""
    if bounds is MAYBE:
        return bounds
    place = "position('\\u0000' IN {0})" if asking.is_postgres else "instr({0}, '\\u0000')"
    strange = Sql(f"coalesce({place.format(column)} > 0, FALSE)")
    return Bounds(
        _join(" OR ", FALSE, [strange, bounds.most]),
        _join(" AND ", TRUE, [_negated(strange), bounds.sure]),
    )


def _of_value(value: _Value, compare: Compare) -> Bounds:
    operand = compare.operand
    match compare.operator:
        case "exists":
            return _exactly(value.exists if operand else _negated(value.exists))
        case "eq":
            return _equals(value, operand)
        case "ne":
            return _differs(value, operand)
        case "in":
            return _joined(" OR ", FALSE, [_equals(value, one) for one in operand])
        case "not_in":
            is_in = _joined(" OR ", FALSE, [_equals(value, one) for one in operand])
            differs = _joined(" OR ", FALSE, [_differs(value, one) for one in operand])
            return _joined(" AND ", TRUE, [differs, Bounds(_negated(is_in.sure), _negated(is_in.most))])
        case "gt" | "gte" | "lt" | "lte" as sign:
            return _ordered(value, sign, operand)
        case "between":
            low, high = operand
            return _joined(" AND ", TRUE, [_ordered(value, "gte", low), _ordered(value, "lte", high)])
        case "starts_with" | "ends_with" as word:
            return _has_end(value, operand, at_start=word == "starts_with")
        case _:
            return Bounds(value.exists, FALSE)


def _equals(value: _Value, operand: Any) -> Bounds:
    if isinstance(operand, bool):
        return _exactly(_versus(value.truth, "=", operand))
    if is_number(operand):
        return _exactly(_versus(value.number, "=", _number(value, operand))) if _is_small(operand) else MAYBE
    same = _versus(value.text, "=", operand)
    return _exactly(same) if as_instant(operand) is None else Bounds(_is_there(value.text), same)


def _differs(value: _Value, operand: Any) -> Bounds:
    if isinstance(operand, bool):
        return _exactly(_versus(value.truth, "<>", operand))
    if is_number(operand):
        return _exactly(_versus(value.number, "<>", _number(value, operand))) if _is_small(operand) else MAYBE
    other = _versus(value.text, "<>", operand)
    return _exactly(other) if as_instant(operand) is None else Bounds(other, FALSE)


def _ordered(value: _Value, sign: str, operand: Any) -> Bounds:
    if is_number(operand):
        if not _is_small(operand):
            return MAYBE
        return _exactly(_versus(value.number, _SIGNS[sign], _number(value, operand)))
    return _NEVER if as_instant(operand) is None else Bounds(_is_there(value.text), FALSE)


def _has_end(value: _Value, part: str, *, at_start: bool) -> Bounds:
    if not part:
        return _exactly(_is_there(value.text))
    start = f"substr({value.text.text}, 1, ?) = ?"
    end = f"substr({value.text.text}, length({value.text.text}) - ?) = ?"
    if at_start:
        return _exactly(_sound(Sql(start, (*value.text.values, len(part), part))))
    fits = Sql(f"length({value.text.text}) >= ?", (*value.text.values, len(part)))
    ends = Sql(end, (*value.text.values, *value.text.values, len(part) - 1, part))
    return _exactly(_sound(_join(" AND ", TRUE, [fits, ends])))


def _versus(side: Sql, sign: str, operand: Any) -> Sql:
    return _sound(Sql(f"{side.text} {sign} ?", (*side.values, operand)))


def _is_there(side: Sql) -> Sql:
    return Sql(f"({side.text}) IS NOT NULL", side.values)


def _is_small(operand: Any) -> bool:
    return bool(-_EXACT < operand < _EXACT)


def _number(value: _Value, operand: Any) -> Any:
    """A double is written in the fewest digits that mean it, in JSON and here alike."""
    return Decimal(repr(operand)) if value.has_decimals and isinstance(operand, float) else operand


# --- instants ------------------------------------------------------------------------------------


def _of_instant(column: str, compare: Compare, asking: Asking) -> Bounds:
    """`created_at` is a column of microseconds, so that SQL knows everything about it."""
    word, operand = compare.operator, compare.operand
    if word == "exists":
        return _exactly(Sql(f"{column} IS {'NOT ' if operand else ''}NULL"))
    if isinstance(operand, Duration):
        return _exactly(_in_window(column, word, operand, asking.now))
    if word == "between":
        parts = [_at(column, sign, end) for sign, end in zip((">=", "<="), operand, strict=True)]
        return _exactly(_join(" AND ", TRUE, parts))
    if word in ("in", "not_in"):
        is_in = _join(" OR ", FALSE, [_at(column, "=", one) for one in operand])
        differs = _join(" OR ", FALSE, [_at(column, "<>", one) for one in operand])
        return _exactly(is_in if word == "in" else _join(" AND ", TRUE, [differs, _negated(is_in)]))
    sign = {**_SIGNS, "before": "<", "after": ">"}.get(word)
    return _NEVER if sign is None else _exactly(_at(column, sign, operand))


def _at(column: str, sign: str, operand: Any) -> Sql:
    instant = as_instant(operand) if isinstance(operand, str) else None
    return FALSE if instant is None else _sound(Sql(f"{column} {sign} ?", (micros(instant),)))


def _in_window(column: str, word: str, length: Duration, now: datetime) -> Sql:
    if word == "older_than":
        return _sound(Sql(f"{column} <= ?", (micros(start_of(now, length)),)))
    after, until = (start_of(now, length), now) if word == "within" else (now, end_of(now, length))
    return _sound(Sql(f"{column} > ? AND {column} <= ?", (micros(after), micros(until))))


# --- history -------------------------------------------------------------------------------------


def _did(did: Did, asking: Asking) -> Bounds:
    if did.since_start:
        return MAYBE  # it counts from an entry, and nobody of an audience has entered
    events = _events(did, asking)
    counted = _counted(did, events)
    return counted if not did.sums else Bounds(counted.most, FALSE)


def _counted(did: Did, events: Bounds) -> Bounds:
    if not did.count:
        return Bounds(_exist(events.most), _exist(events.sure))
    return _joined(" AND ", TRUE, [_count(events, word, number) for word, number in did.count])


def _events(did: Did, asking: Asking) -> Bounds:
    """The rows that count, as FROM and WHERE."""
    inside = asking.inside()
    alias = f"e{inside.depth}"
    text = f"event {alias} WHERE {alias}.contact = c.key AND {alias}.name = ? AND {alias}.at <= ?"
    values: tuple[Any, ...] = (did.event, micros(asking.now))
    if did.within is not None:
        text += f" AND {alias}.at > ?"
        values = (*values, micros(start_of(asking.now, did.within)))
    where = _ALWAYS if did.where is None else bounds_of(did.where, inside)
    return Bounds(
        Sql(f"{text} AND ({where.most.text})", (*values, *where.most.values)),
        Sql(f"{text} AND ({where.sure.text})", (*values, *where.sure.values)),
    )


def _exist(rows: Sql) -> Sql:
    return Sql(f"EXISTS (SELECT 1 FROM {rows.text})", rows.values)


def _count(events: Bounds, word: str, number: float) -> Bounds:
    """There are at most as many as `most` finds, and at least as many as `sure` does."""
    many, few = events.most, events.sure
    if word in _AT_LEAST:
        return Bounds(_counts(many, word, number), _counts(few, word, number))
    if word in _AT_MOST:
        return Bounds(_counts(few, word, number), _counts(many, word, number))
    if word == "ne":
        equal = _count(events, "eq", number)
        return Bounds(_negated(equal.sure), _negated(equal.most))
    reach = [_counts(many, "gte", number), _counts(few, "lte", number)]
    meet = [_counts(many, "eq", number), _counts(few, "eq", number)]
    return Bounds(_join(" AND ", TRUE, reach), _join(" AND ", TRUE, meet))


def _counts(rows: Sql, word: str, number: float) -> Sql:
    return Sql(f"(SELECT count(*) FROM {rows.text}) {_SIGNS[word]} ?", (*rows.values, number))


# --- what else is known of a contact -------------------------------------------------------------


def _finished(finished: Finished, asking: Asking) -> Bounds:
    if finished.since_start:
        return MAYBE
    reasons = ", ".join("?" for _ in GOES_ON)
    left = Sql(
        f"n.left_at IS NOT NULL AND n.left_at <= ? AND n.reason NOT IN ({reasons})",
        (micros(asking.now), *GOES_ON),
    )
    if finished.within is not None:
        after = micros(start_of(asking.now, finished.within))
        left = Sql(f"{left.text} AND n.left_at > ?", (*left.values, after))
    return _exactly(_passed(finished.journey, left.text, left.values))


def _passed(journey: str, how: str, values: tuple[Any, ...] = ()) -> Sql:
    number = "(SELECT id FROM name WHERE text = ?)"
    rows = f"enrollment n WHERE n.contact = c.key AND n.journey = {number} AND {how}"
    return Sql(f"EXISTS (SELECT 1 FROM {rows})", (journey, *values))


def _is_subscribed(topic: str, asking: Asking) -> Sql:
    known = asking.topics.get(topic)
    consent = known.consent if known is not None else "opt_in"
    if consent == "none":
        return TRUE
    said = _said("c.topics", (topic,) if consent == "double_opt_in" else (topic, "*"), asking)
    return Sql(f"coalesce({said.text}, {'TRUE' if consent == 'opt_out' else 'FALSE'})", said.values)


def _has_consented(channel: str, asking: Asking) -> Sql:
    """What was stated; for e-mail otherwise any topic that lets marketing through, also one that only the
    contact speaks of: such a topic is opt_in, so a yes to it is enough."""
    stated = _said("c.consents", (channel,), asking)
    if channel != "email":
        return _sound(stated)
    marketing = [id for id, topic in sorted(asking.topics.items()) if topic.consent != "none"]
    never_asked = [id for id, topic in sorted(asking.topics.items()) if topic.consent == "none"]
    follows = _join(" OR ", FALSE, [_is_subscribed(id, asking) for id in marketing])
    other = _yes_beside(never_asked, asking)
    follows = _join(" OR ", FALSE, [follows, other])
    return Sql(f"coalesce({stated.text}, {follows.text})", (*stated.values, *follows.values))


def _yes_beside(never_asked: Sequence[str], asking: Asking) -> Sql:
    """Whether the contact said yes to any topic but these."""
    marks = ", ".join("?" for _ in never_asked)
    but = f" AND t.key NOT IN ({marks})" if never_asked else ""
    if asking.is_postgres:
        return Sql(
            f"EXISTS (SELECT 1 FROM jsonb_each(c.topics::jsonb) AS t (key, value) "
            f"WHERE t.value = 'true'::jsonb{but})",
            tuple(never_asked),
        )
    return Sql(
        f"EXISTS (SELECT 1 FROM json_each(c.topics) AS t WHERE t.type = 'true'{but})", tuple(never_asked)
    )


def _said(column: str, keys: Sequence[str], asking: Asking) -> Sql:
    """The first of the keys that something was said of, true or false; NULL where nothing was, or a yes that
    is still to be confirmed."""
    if asking.is_postgres:
        one = f"nullif({column}::jsonb -> ?, '\"asked\"'::jsonb)::boolean"
    else:
        one = f"(SELECT t.value FROM json_each({column}) AS t WHERE t.key = ? AND t.type <> 'text')"
    text = f"coalesce({', '.join([one] * len(keys))})" if len(keys) > 1 else one
    return Sql(text, tuple(keys))
