"""Names that a condition takes from other files: segments, topics, channels, journeys; each is looked up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine.conditions import rules
from engine.conditions.contract import Reading
from engine.conditions.wording import show
from engine.model.spelling import did_you_mean


def read_name(word: str, data: Any, example: str, reading: Reading) -> str | None:
    """One name as text; a list or anything else is a mistake."""
    if isinstance(data, str | int) and not isinstance(data, bool) and data != "":
        return str(data)
    help = f"Write for example `{word}: {example}`."
    if isinstance(data, list) and data:
        help = (
            f"Write `any: [{', '.join(f'{{{word}: {show(one)}}}' for one in data)}]` if one of them will do."
        )
    return reading.wrong(rules.ONE_NAME, f"`{word}` wants one name, not `{show(data)}`.", help)


def is_known(
    name: str, known: Iterable[str] | None, rule: str, where: str, help: str, reading: Reading
) -> bool:
    """Whether the name is there, or nothing is known to look it up in; reports it when not."""
    if known is None or name in known:
        return True
    reading.wrong(rule, f"{where} `{name}`.{did_you_mean(name, known)}", help)
    return False
