"""Shape: does a piece of a file look as its schema says? Each objection becomes one mistake in plain words.

`jsonschema` says what is wrong; this file settles which of its objections is the mistake, so that one
mistake gives one message, and `shape_words` finds the words. Most of what is written is right, and
`jsonschema_rs` sees that some sixty times sooner, so it is asked first: what it lets pass, passes. Besides
the keywords of JSON Schema a schema may carry, unseen by editors: `x-for-text` (the key that a bare text was
probably meant for), `x-if-list` and `x-if-both` (what to do instead), `x-otherwise` (one more way to write
it) and `x-elsewhere` (where a key is at home).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from jsonschema_rs import Draft7Validator as QuickValidator

from engine.language.document import Document
from engine.language.shape_words import (
    Objection,
    alternative_words,
    missing_words,
    unknown_words,
    value_words,
    wrong_condition_words,
)
from engine.model.fault import Mistake, Path, Report

#: In the validator these are looked at by code that finds better words; here anything passes.
_LOOKED_AT_ELSEWHERE: dict[str, Any] = {
    "condition": {},
    "duration": {"type": ["string", "number"], "title": "duration", "examples": ["2 days"]},
    "steps": {},
}


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    """In JSON Schema `$` is the very end; in Python it also stands before a last line break."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


_Thorough = extend(Draft7Validator, {"pattern": _pattern})  # type: ignore[no-untyped-call]

_ABOUT_KEYS = ("required", "additionalProperties", "oneOf", "dependencies", "minProperties")


@dataclass(frozen=True, slots=True)
class Shape:
    """A schema, ready to be asked."""

    schema: Mapping[str, Any]
    thorough: Validator
    quick: QuickValidator

    def fits(self, data: Any) -> bool:
        """Whether the data has the shape as it stands."""
        return self.quick.is_valid(data)


def shape_of(schema: Mapping[str, Any]) -> Shape:
    """Made once per schema: making it costs more than asking it."""
    whole = {**schema, "definitions": _LOOKED_AT_ELSEWHERE}
    return Shape(schema, _Thorough(whole), QuickValidator(whole))


def check_shape(data: Any, shape: Shape, path: Path, report: Report) -> bool:
    """Whether the data has the shape; each mistake is reported once."""
    if shape.fits(data):
        return True
    errors = list(shape.thorough.iter_errors(data))
    for mistake in _mistakes(errors, path):
        report(mistake)
    return not errors


def written_text(data: Any, schema: Mapping[str, Any], document: Document, path: Path) -> Any:
    """The data with every number that stands where a text is wanted as the text that was written."""
    if isinstance(data, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        rest = others if isinstance(others, dict) else {}
        return {
            key: written_text(value, properties.get(key, rest), document, (*path, key))
            for key, value in data.items()
        }
    if isinstance(data, list):
        items = schema.get("items", {})
        return [written_text(item, items, document, (*path, index)) for index, item in enumerate(data)]
    if isinstance(data, int | float) and not isinstance(data, bool) and _wants_text(schema):
        return document.raw_at(path) or str(data)
    return data


def _wants_text(schema: Mapping[str, Any]) -> bool:
    if "anyOf" in schema:
        options = schema["anyOf"]
        may_be_number = any(option.get("type") in ("number", "integer") for option in options)
        return not may_be_number and any(_wants_text(option) for option in options)
    return bool(schema.get("type") == "string")


# --- which objection is the mistake ----------------------------------------------------------------


def _mistakes(errors: Iterable[ValidationError], base: Path) -> Iterator[Mistake]:
    by_path: dict[Path, list[Objection]] = {}
    for error in errors:
        for one in _leaves(error):
            by_path.setdefault((*base, *one.absolute_path), []).append(Objection(one))
    for path, objections in by_path.items():
        about_value = [one for one in objections if one.keyword not in _ABOUT_KEYS]
        if about_value:
            yield value_words(about_value[0], path)
        else:
            yield from _about_keys(objections, path)


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """Of several options the one that the value was meant for speaks; where none was, the choice itself."""
    if error.validator == "anyOf" and isinstance(error.validator_value, list):
        number = _meant_option(error.instance, error.validator_value)
        if number is not None:
            for one in error.context or ():
                if one.schema_path[0] == number:
                    yield from _leaves(one)
            return
    yield error


def _meant_option(instance: Any, options: list[Mapping[str, Any]]) -> int | None:
    """The option that takes this kind of value at all."""
    kind = "object" if isinstance(instance, dict) else "array" if isinstance(instance, list) else None
    for number, option in enumerate(options):
        if kind is not None and option.get("type") == kind:
            return number
        if kind is None and isinstance(instance, str) and "enum" in option:
            return number
    return None


def _about_keys(objections: list[Objection], path: Path) -> Iterator[Mistake]:
    """Unknown keys come before missing ones, because the unknown one is often the missing one misspelt."""
    unknown = next((one for one in objections if one.keyword == "additionalProperties"), None)
    missing = [one for one in objections if one.keyword in ("required", "oneOf", "minProperties")]
    if unknown is not None:
        yield from _about_unknown(unknown, path, is_something_missing=bool(missing))
    elif missing:
        yield _about_missing(missing, path)
    else:
        yield value_words(objections[0], path)


def _about_unknown(objection: Objection, path: Path, *, is_something_missing: bool) -> Iterator[Mistake]:
    keys = [key for key in objection.instance if key not in objection.known]
    condition = wrong_condition_words(objection, keys, path)
    if condition is not None:
        yield condition
    else:
        shown = keys[:1] if is_something_missing else keys
        yield from (unknown_words(objection, key, path) for key in shown)


def _about_missing(objections: list[Objection], path: Path) -> Mistake:
    choice = next((one for one in objections if one.keyword == "oneOf"), None)
    if choice is not None:
        return alternative_words(choice, path)
    absent = [
        key
        for one in objections
        if one.keyword == "required"
        for key in one.wanted
        if key not in one.instance
    ]
    return missing_words(objections[0], list(dict.fromkeys(absent)), path)
