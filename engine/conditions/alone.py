"""Conditions that take the whole mapping: what stands beside their word is their option, or a mistake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Reading
from engine.conditions.vocabulary import ROOTS, WORDS
from engine.conditions.wording import show, ticked
from engine.model.spelling import did_you_mean


def refuse_others(word: str, data: Mapping[Any, Any], options: tuple[str, ...], reading: Reading) -> None:
    """Report every key that is neither the word nor one of its options."""
    for key in data:
        if key != word and key not in options:
            _refuse(word, key, options, reading.at(key))


def _refuse(word: str, key: Any, options: tuple[str, ...], reading: Reading) -> None:
    if key in WORDS or str(key).partition(".")[0] in ROOTS:
        reading.wrong(
            rules.DID_MIXED,
            f"`{word}` and `{show(key)}` stand side by side, but `{word}` stands alone.",
            f"Put both into a list: `all: [{{{word}: …}}, {{{show(key)}: …}}]`.",
            at_key=True,
        )
        return
    reading.wrong(
        rules.DID_OPTION_UNKNOWN,
        f"`{show(key)}` does not go with `{word}`.{_hint(str(key), options)}",
        f"Beside `{word}` you can write {ticked(options)}.",
        at_key=True,
    )


def _hint(key: str, options: tuple[str, ...]) -> str:
    if key in ("in", "last", "during", "in_last") and "within" in options:
        return " Did you mean `within`?"
    return did_you_mean(key, options)


def read_since(data: Mapping[Any, Any], reading: Reading) -> bool:
    """Whether the window begins with the journey: `since: journey_start`, and no other window beside it."""
    if "since" not in data:
        return False
    if data["since"] != "journey_start":
        reading.at("since").wrong(
            rules.DID_SINCE,
            f"`since: {show(data['since'])}` is not possible.",
            "Write `since: journey_start`, or a window such as `within: 30 days`.",
        )
    elif "trigger" not in reading.names.roots:
        reading.at("since").wrong(
            rules.DID_SINCE,
            "There is no journey here that could start.",
            "Write a window: `within: 30 days`.",
        )
    elif "within" in data:
        reading.at("since").wrong(
            rules.DID_SINCE, "`since` and `within` are two windows.", "Write one of them.", at_key=True
        )
    return True
