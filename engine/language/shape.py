"""Shape: does a piece of a file look as its schema says? Each objection becomes one mistake in plain words.

`jsonschema` decides; this file only chooses the fragment and finds the words.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from engine.language import rules
from engine.language.document import Document
from engine.model.fault import Mistake, Path, Report
from engine.model.spelling import did_you_mean, suggest

_TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "a mapping of keys and values",
    "null": "nothing",
}

#: In the validator these are looked at by code that finds better words; here anything passes.
_LOOKED_AT_ELSEWHERE = {
    "condition": {},
    "duration": {"type": "string"},
    "steps": {"type": ["array", "null"]},
}

_SWITCHES = ("yes", "no", "on", "off")


@lru_cache(maxsize=256)
def _validator(text: str) -> Draft7Validator:
    return Draft7Validator({**json.loads(text), "definitions": _LOOKED_AT_ELSEWHERE})


def check_shape(data: Any, schema: Mapping[str, Any], path: Path, report: Report) -> bool:
    """Whether the data has the shape; every objection is reported. Keys are checked by `check_keys`."""
    errors = list(_validator(json.dumps(schema)).iter_errors(data))
    for error in errors:
        for mistake in _in_words(error, path):
            report(mistake)
    return not errors


def written_text(data: Any, schema: Mapping[str, Any], document: Document, path: Path) -> Any:
    """The data with every number that stands where a text is wanted as the text that was written."""
    if isinstance(data, dict):
        properties = schema.get("properties", {})
        others = schema.get("additionalProperties")
        return {
            key: written_text(value, properties.get(key, others if isinstance(others, dict) else {}), document, (*path, key))
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
        return any(_wants_text(option) for option in schema["anyOf"]) and not any(
            option.get("type") in ("number", "integer") for option in schema["anyOf"]
        )
    return schema.get("type") == "string" and schema.get("$ref") is None


def check_keys(
    data: Mapping[str, Any], known: Iterable[str], later: Iterable[str], path: Path, report: Report, what: str
) -> bool:
    """Whether every key is known; a word of the language that does not run yet is refused by name."""
    known, later, is_right = tuple(known), tuple(later), True
    for key in data:
        if key in known:
            continue
        is_right = False
        if key in later:
            report(later_word(key, (*path, key)))
        else:
            others = [word for word in known if word not in data]
            help = f"{what} knows: {', '.join(others or known)}."
            message = f"`{key}` is not known here.{did_you_mean(str(key), known)}"
            report(Mistake((*path, key), rules.UNKNOWN_KEY, message, help, at_key=True))
    return is_right


def later_word(word: str, path: Path, *, at_key: bool = True) -> Mistake:
    """A word of the language that this version does not run."""
    message = f"`{word}` does not run in this version yet."
    return Mistake(path, rules.LATER, message, "Leave it out for now; the changelog tells when it runs.", at_key)


# --- words for each objection of jsonschema ------------------------------------------------------


def _in_words(error: ValidationError, base: Path) -> list[Mistake]:
    path: Path = (*base, *error.absolute_path)
    match error.validator:
        case "required":
            return [_missing(error, path)]
        case "additionalProperties":
            return _unknown_keys(error, path)
        case "type":
            return [_wrong_type(error, path)]
        case "enum" | "const":
            return [_not_allowed(error, path)]
        case "anyOf" | "oneOf":
            return _one_of(error, base, path)
        case "minItems" | "minProperties":
            message = f"{_named(path)} is empty."
            return [Mistake(path, rules.TOO_FEW, message, _needs(error))]
        case "maxProperties" | "maxItems":
            return [Mistake(path, rules.TOO_MANY, f"{_named(path)} has too many entries.", "Keep one of them.")]
        case "minLength":
            return [Mistake(path, rules.EMPTY_TEXT, f"{_named(path)} is empty.", "Write a text, or take the key away.")]
        case "minimum" | "maximum":
            return [_out_of_range(error, path)]
        case "pattern":
            return [_pattern(error, path)]
        case _:
            return [Mistake(path, rules.SHAPE, f"{_named(path)} cannot be read as it stands.", _described(error))]


def _missing(error: ValidationError, path: Path) -> Mistake:
    missing = [key for key in error.validator_value if key not in error.instance]
    absent = missing[0]
    typo = suggest(absent, [key for key in error.instance if key not in error.schema.get("properties", {})])
    hint = f" Is `{typo}` meant to be `{absent}`?" if typo else ""
    description = error.schema.get("properties", {}).get(absent, {}).get("description", "")
    help = f"Add `{absent}: …`." + (f" {description}" if description else "")
    return Mistake(path, rules.MISSING_KEY, f"{_named(path)} has no `{absent}`.{hint}", help, at_key=True)


def _unknown_keys(error: ValidationError, path: Path) -> list[Mistake]:
    known = list(error.schema.get("properties", {}))
    return [
        Mistake(
            (*path, key),
            rules.UNKNOWN_KEY,
            f"`{key}` is not known here.{did_you_mean(str(key), known)}",
            f"Known here: {', '.join(known)}.",
            at_key=True,
        )
        for key in error.instance
        if key not in known
    ]


def _wrong_type(error: ValidationError, path: Path) -> Mistake:
    wanted = error.validator_value if isinstance(error.validator_value, list) else [error.validator_value]
    if "boolean" in wanted and isinstance(error.instance, str) and error.instance.lower() in _SWITCHES:
        right = "true" if error.instance.lower() in ("yes", "on") else "false"
        message = f"{_named(path)} is `true` or `false`; `{error.instance}` is a text here."
        return Mistake(path, rules.SWITCH, message, f"Write `{right}`.")
    words = " or ".join(_TYPES[one] for one in wanted if one != "null")
    message = f"{_named(path)} must be {words}, not {_shown(error.instance)}."
    return Mistake(path, rules.WRONG_TYPE, message, _described(error) or f"Write {words}.")


def _not_allowed(error: ValidationError, path: Path) -> Mistake:
    allowed = error.validator_value if error.validator == "enum" else [error.validator_value]
    if allowed == [True] and isinstance(error.instance, str) and error.instance.lower() in _SWITCHES:
        return Mistake(path, rules.SWITCH, f"{_named(path)} is `true`; `{error.instance}` is a text here.", "Write `true`.")
    words = [str(value).lower() if isinstance(value, bool) else str(value) for value in allowed]
    message = f"{_named(path)} cannot be {_shown(error.instance)}.{did_you_mean(str(error.instance), words)}"
    listed = " or ".join(f"`{word}`" for word in words)
    return Mistake(path, rules.NOT_ALLOWED, message, f"Write {listed}.")


def _one_of(error: ValidationError, base: Path, path: Path) -> list[Mistake]:
    """The option that was meant speaks; where none was, the options are listed."""
    options = error.validator_value
    if all(set(option) == {"required"} for option in options):
        keys = [option["required"] for option in options]
        present = [names for names in keys if all(name in error.instance for name in names)]
        listed = " or ".join("`" + "` and `".join(names) + "`" for names in keys)
        if len(present) > 1:
            message = f"{_named(path)} has {' and '.join('`' + names[0] + '`' for names in present)} at once."
            return [Mistake(path, rules.TWO_VERBS, message, f"Keep one: {listed}.", at_key=True)]
        return [Mistake(path, rules.MISSING_KEY, f"{_named(path)} needs {listed}.", "Add one of them.", at_key=True)]
    meant = [one for one in error.context or () if one.validator != "type" and _is_kind(error.instance, options, one)]
    if meant:
        return [mistake for one in meant[:3] for mistake in _in_words(one, base)]
    described = _described(error)
    kinds = " or ".join(dict.fromkeys(_kind(option) for option in options))
    return [Mistake(path, rules.WRONG_TYPE, f"{_named(path)} must be {kinds}, not {_shown(error.instance)}.", described)]


def _is_kind(instance: Any, options: list[Any], one: ValidationError) -> bool:
    """Whether an objection comes from the option that has the instance's own type."""
    option = options[one.schema_path[0]] if isinstance(one.schema_path[0], int) else {}
    if isinstance(instance, dict):
        return bool(option.get("type") == "object")
    if isinstance(instance, list):
        return bool(option.get("type") == "array")
    return "enum" in option or option.get("type") == "string"


def _kind(option: Mapping[str, Any]) -> str:
    if "enum" in option:
        return " or ".join(f"`{value}`" for value in option["enum"])
    if "$ref" in option:
        return f"a {option['$ref'].rsplit('/', 1)[1]}"
    return _TYPES.get(str(option.get("type")), "something else")


def _out_of_range(error: ValidationError, path: Path) -> Mistake:
    side = "at least" if error.validator == "minimum" else "at most"
    message = f"{_named(path)} is {error.instance}; it must be {side} {error.validator_value}."
    return Mistake(path, rules.OUT_OF_RANGE, message, f"Write {side} {error.validator_value}.")


def _pattern(error: ValidationError, path: Path) -> Mistake:
    message = f"`{error.instance}` cannot be an id."
    return Mistake(path, rules.BAD_ID, message, "Write small letters, digits and hyphens, such as `first-reminder`.")


def _needs(error: ValidationError) -> str:
    return _described(error) or "Add at least one entry, or take the key away."


def _described(error: ValidationError) -> str:
    description = error.schema.get("description", "") if isinstance(error.schema, dict) else ""
    return f"Write {description[0].lower()}{description[1:]}" if description and description[0].isalpha() else description


def _named(path: Path) -> str:
    """How a place is called in a sentence: its last key, or "this entry" in a list."""
    if not path:
        return "The file"
    return f"`{path[-1]}`" if isinstance(path[-1], str) else "This entry"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    text = str(value)
    return f"`{text if len(text) <= 60 else text[:57] + '…'}`"
