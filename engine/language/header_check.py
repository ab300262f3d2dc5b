"""The header of a journey: everything above its steps, apart from the trigger."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.calendar.clock_times import read_span
from engine.calendar.durations import read_duration
from engine.conditions.names import JOURNEY_ROOTS, read_named
from engine.conditions.table import read_condition
from engine.conditions.vocabulary import TYPE_PHRASES
from engine.conditions.wording import sentence
from engine.core.rules import read_exit, read_goal, read_re_entry
from engine.errors import ReadError
from engine.language import rules
from engine.language.entry_dates import check_entry_dates
from engine.language.lifecycle import check_place
from engine.language.moves_check import check_moves
from engine.language.reading import Reading
from engine.language.shape import check_shape, shape_of
from engine.language.shape_words import as_id
from engine.language.shapes.header import HEADER_ALONE
from engine.model.fault import Mistake
from engine.model.spelling import did_you_mean
from engine.steps.rules import PATH_MISFIT
from engine.steps.zones import check_zone

_SHAPE = shape_of(HEADER_ALONE)
_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def check_header(reading: Reading, data: Mapping[str, Any]) -> None:
    """The shape of all keys, then what each of them means."""
    wrong: set[str | int] = set()

    def report(mistake: Mistake) -> None:
        wrong.update(mistake.path[:1])
        reading.report(mistake)

    named = isinstance(data.get("journey"), str)
    check_shape({**data, "journey": "x"} if named else data, _SHAPE, (), report)
    if named:
        _check_id(reading, data["journey"])
    right = {key: value for key, value in data.items() if key not in wrong}
    check_place(right, reading.lifecycle, reading.report)
    _check_rules(reading, right, data)
    check_moves(reading, right, data)
    check_entry_dates(reading, right, data)
    if "defaults" in right:
        _check_defaults(reading, right["defaults"])
    if "product" in right:
        _check_product(reading, right, data)


def check_promises(reading: Reading, data: Mapping[str, Any]) -> None:
    """What a live journey owes the people who run it."""
    if data.get("status") == "live" and not data.get("owner"):
        message = "A live journey needs an owner: somebody to ask when it does something odd."
        reading.report(Mistake(("status",), rules.NO_OWNER, message, "Add `owner: name@shop.example`."))


def _check_id(reading: Reading, id: str) -> None:
    if not _ID.fullmatch(reading.id):
        right = as_id(reading.id) or "my-journey"
        message = f"The folder or file is called `{reading.id}`, which cannot be an id."
        help = f"Rename it to `{right}`, and write `journey: {right}`."
        reading.report(Mistake(("journey",), rules.BAD_ID, message, help))
    elif id != reading.id:
        message = f"The journey is called `{id}`, but its folder or file is called `{reading.id}`."
        help = f"Write `journey: {reading.id}`, or rename the folder or file."
        reading.report(Mistake(("journey",), rules.ID_IS_NOT_FOLDER, message, help))


def _check_rules(reading: Reading, right: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    names, report = reading.names(data), reading.report
    if "enter_when" in right:
        read_condition(right["enter_when"], ("enter_when",), report, reading.names_of_entry(data))
    if "re_entry" in right:
        read_re_entry(right["re_entry"], ("re_entry",), report)
    for index, rule in enumerate(right.get("exit_when", ())):
        read_exit(rule, ("exit_when", index), report, names)
    if "goal" in right:
        read_goal(right["goal"], ("goal",), report, names)


def _check_product(reading: Reading, right: Mapping[str, Any], data: Mapping[str, Any]) -> None:
    """A path to a text or a number, which is the id; a step may have remembered it."""
    names = replace(reading.names(data), roots=JOURNEY_ROOTS)
    found = read_named(right["product"], ("product",), reading.report, names)
    if found is None or found.type is None or found.type.type in ("text", "number"):
        return
    message = f"`{right['product']}` is {TYPE_PHRASES[found.type.type]}, and the id of a product is a text."
    help = "Name where the id stands, such as `product: trigger.product_id`."
    reading.report(Mistake(("product",), PATH_MISFIT, message, help))


def _check_defaults(reading: Reading, defaults: Mapping[str, Any]) -> None:
    topic, topics = defaults.get("topic"), reading.catalog.topics
    if "timezone" in defaults:
        check_zone(defaults["timezone"], ("defaults", "timezone"), reading.report)
    if topic is not None and topics is not None and topic not in topics:
        message = f"There is no topic `{topic}` in catalog.yaml.{did_you_mean(str(topic), topics)}"
        help = "Write one of `topics` in catalog.yaml."
        reading.report(Mistake(("defaults", "topic"), rules.UNKNOWN_TOPIC, message, help))
    for key, reads in (("quiet_hours", read_span), ("max_lateness", read_duration)):
        if key in defaults:
            try:
                reads(defaults[key])
            except ReadError as error:
                path = ("defaults", key)
                message, help = sentence(error.message), sentence(error.help)
                reading.report(Mistake(path, rules.UNREADABLE_TIME, message, help))
