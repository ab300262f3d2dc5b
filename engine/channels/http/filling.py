"""Puts values into JSON as data: what somebody is called can never become a key, a quote or another field."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_NAME: Final = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


def fill(body: Any, values: Mapping[str, str]) -> Any:
    """The same JSON with each `{{ name }}` in its texts replaced; keys stay as they are written."""
    if isinstance(body, Mapping):
        return {key: fill(value, values) for key, value in body.items()}
    if isinstance(body, list):
        return [fill(value, values) for value in body]
    if isinstance(body, str):
        return _NAME.sub(lambda found: values.get(found[1], ""), body)
    return body


def names_in(body: Any) -> Iterator[str]:
    """The names that its texts ask for."""
    if isinstance(body, Mapping):
        for value in body.values():
            yield from names_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from names_in(value)
    elif isinstance(body, str):
        yield from (found[1] for found in _NAME.finditer(body))
