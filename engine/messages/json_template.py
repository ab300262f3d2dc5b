"""The message of a webhook: JSON whose texts may hold Liquid. Values are put in as data, never as JSON text.

A text that is one value and nothing else, `"{{ trigger.products }}"`, becomes that value with its own type:
a number, a list, a whole record. In any other text values are written out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from engine.errors import RenderError
from engine.messages import rules
from engine.messages.dialect import Dialect
from engine.messages.missing import Missing
from engine.messages.rendering import TextTemplate
from engine.messages.setting import SIZE_LIMIT, too_large
from engine.messages.syntax import Text, check, reads_of
from engine.model.fault import Fault
from engine.model.message import Content

_ALONE: Final = re.compile(r"\s*\{\{-?\s*([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)\s*-?\}\}\s*")
_DEEPEST: Final = 30

Fill = Callable[[Callable[[TextTemplate], str], Mapping[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class JsonTemplate:
    """JSON ready to be filled any number of times; safe to share between threads."""

    _fill: Fill
    reads: frozenset[tuple[str, ...]]  # the global paths that it reads

    def render(
        self, values: Mapping[str, Any], *, locale: str, zone: ZoneInfo, currency: str, now: datetime
    ) -> Content:
        """The JSON for these values, as text. Raises RenderError in words for people."""

        def written(template: TextTemplate) -> str:
            return template.render(values, locale=locale, zone=zone, currency=currency, now=now)

        filled = self._fill(written, {**values, "now": now.isoformat()})
        text = json.dumps(filled, ensure_ascii=False, default=_instant, allow_nan=False)
        if len(text.encode("utf-8", "replace")) > SIZE_LIMIT:
            raise too_large()
        return Content(subject="", text=text)


def _instant(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise RenderError(f"{type(value).__name__} cannot be written as JSON")


def faults_of_json(body: Text, dialect: Dialect) -> Iterator[Fault]:
    """What is wrong with the JSON, or with the Liquid in its texts."""
    parsed = _parsed(body)
    if isinstance(parsed, Fault):
        yield parsed
        return
    position = 0
    for text in _texts(parsed):
        written = json.dumps(text, ensure_ascii=False)[1:-1]
        found = body.source.find(written, position)
        position = max(found, position)
        line = body.line + body.source.count("\n", 0, position)
        yield from check(Text(text, body.file, line), dialect)


def json_template(body: str, dialect: Dialect) -> JsonTemplate:
    """The template of a body in which nothing wrong was found."""
    reads: set[tuple[str, ...]] = set()
    return JsonTemplate(_filling(json.loads(body), dialect, reads), frozenset(reads))


def _parsed(body: Text) -> Any:
    try:
        return json.loads(body.source)
    except json.JSONDecodeError as error:
        words = f"this is not JSON: {error.msg[:1].lower()}{error.msg[1:]}"
        help = 'Put every name and text into double quotes, values too: "total": "{{ trigger.total }}".'
        return body.fault(error.pos, 1, rules.NOT_JSON, words, help)
    except RecursionError:
        return body.fault(0, 1, rules.NOT_JSON, "this JSON is nested too deeply", "Make it flatter.")


def _texts(plain: Any, depth: int = 0) -> Iterator[str]:
    if isinstance(plain, dict) and depth < _DEEPEST:
        for value in plain.values():
            yield from _texts(value, depth + 1)
    elif isinstance(plain, list) and depth < _DEEPEST:
        for value in plain:
            yield from _texts(value, depth + 1)
    elif isinstance(plain, str) and "{" in plain:
        yield plain


def _filling(plain: Any, dialect: Dialect, reads: set[tuple[str, ...]]) -> Fill:
    """What fills this part; whatever holds no Liquid is kept as it is."""
    if isinstance(plain, dict):
        parts = {key: _filling(value, dialect, reads) for key, value in plain.items()}
        return lambda written, values: {key: part(written, values) for key, part in parts.items()}
    if isinstance(plain, list):
        entries = [_filling(value, dialect, reads) for value in plain]
        return lambda written, values: [entry(written, values) for entry in entries]
    if not isinstance(plain, str) or "{" not in plain:
        return lambda _written, _values: plain
    template = dialect.from_string(plain)
    found = reads_of([template])
    reads |= found
    alone = _ALONE.fullmatch(plain)
    if alone is not None:
        path = tuple(alone[1].split("."))
        return lambda _written, values: _value(values, path)
    text = TextTemplate(template, found)
    return lambda written, _values: written(text)


def _value(values: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value itself; a missing one is an error, as it is when printed."""
    found: Any = values
    for part in path:
        found = found.get(part) if isinstance(found, Mapping) else None
    if found is None:
        raise Missing(".".join(path)).complaint()
    return found
