"""Words for what a schema objects to: what is wrong in the marketer's terms, and what to write instead.

What to write comes from the `examples` of the schema, so it can be copied as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jsonschema.exceptions import ValidationError

from engine.conditions.vocabulary import WORDS
from engine.conditions.wording import show
from engine.language import rules
from engine.model.fault import Mistake, Path
from engine.model.spelling import did_you_mean, suggest

_TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "keys and values",
    "null": "nothing",
}
_SAMPLES: Mapping[str, Any] = {"boolean": True, "integer": 1, "number": 1}
_TRUE = ("yes", "on", "y", "true")
_SWITCHES = (*_TRUE, "no", "off", "n", "false")

#: Words of other tools and languages, and what they are called here where that is known.
_FOREIGN: Mapping[str, tuple[str, ...]] = {
    "action": ("send",),
    "at": ("until",),
    "audience": ("enter_when", "trigger"),
    "condition": ("when", "if"),
    "conditions": ("when", "if"),
    "content": ("body", "message"),
    "data": ("properties",),
    "default": ("else",),
    "do": ("then",),
    "delay": ("wait",),
    "elif": ("if",),
    "elseif": ("if",),
    "email": ("send",),
    "exit": ("exit_when",),
    "exits": ("exit_when",),
    "filter": ("where", "enter_when"),
    "from": ("sender",),
    "if": ("when",),
    "on": ("event", "trigger"),
    "otherwise": ("else",),
    "pause": ("wait",),
    "percent": ("weight",),
    "sleep": ("wait",),
    "template": ("message",),
    "timeout": ("up_to",),
    "title": ("subject",),
    "triggers": ("trigger",),
    "type": ("send",),
    "unless": ("when",),
    "when": ("if",),
    "within": ("up_to",),
}

#: Values likewise.
_FOREIGN_VALUES: Mapping[str, tuple[str, ...]] = {
    "active": ("live",),
    "array": ("list",),
    "bool": ("boolean",),
    "datetime": ("instant",),
    "enabled": ("live",),
    "float": ("number",),
    "inactive": ("draft",),
    "int": ("number",),
    "integer": ("number",),
    "json": ("map",),
    "object": ("map",),
    "on": ("live",),
    "off": ("draft",),
    "skip": ("continue",),
    "stop": ("exit",),
    "str": ("text",),
    "string": ("text",),
    "timestamp": ("instant",),
}

#: What is longer than this is not shown whole.
_LONGEST = 100

_CONDITION_ROOTS = ("contact", "trigger", "event", "step")
_CONDITION_COMPANIONS = ("where", "within", "since", "count", "sum")
_CONDITION_KEYS = ("when", "if", "condition", "audience")


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection of jsonschema."""

    error: ValidationError

    @property
    def keyword(self) -> str:
        return str(self.error.validator)

    @property
    def instance(self) -> Any:
        return self.error.instance

    @property
    def schema(self) -> Mapping[str, Any]:
        return self.error.schema if isinstance(self.error.schema, Mapping) else {}

    @property
    def wanted(self) -> Any:
        """What the keyword says."""
        return self.error.validator_value

    @property
    def known(self) -> tuple[str, ...]:
        """The keys that may stand where this objection is about keys."""
        return tuple(self.schema.get("properties", {}))


def meant_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant: by what other tools call it, or by its letters."""
    words = tuple(known)
    foreign = (one for one in _FOREIGN.get(word.lower(), ()) if one in words)
    return next(foreign, None) or suggest(word, words)


# --- about keys -------------------------------------------------------------------------------------


def unknown_words(objection: Objection, key: Any, path: Path) -> Mistake:
    """A key that is not known here."""
    free = [word for word in objection.known if word not in objection.instance]
    meant = meant_word(str(key), free) or meant_word(str(key), objection.known)
    message = f"`{key}` is not known here."
    elsewhere = objection.schema.get("x-elsewhere", {}).get(key)
    what = objection.schema.get("title")
    subject = f"{_a(what)} knows" if what else "Here you can write"
    help = f"{subject} {_listed(free or objection.known, 'and')}."
    if meant is not None:
        message += f" Did you mean `{meant}`?"
        help = f"Write `{meant}: {short(objection.instance[key])}`."
    elif elsewhere is not None:
        message += f" It goes with `{elsewhere}`."
    return Mistake((*path, key), rules.UNKNOWN_KEY, message, help, at_key=True)


def missing_words(objection: Objection, absent: Sequence[str], path: Path) -> Mistake:
    """One or several keys that are missing at the same place."""
    if not absent:  # an empty mapping where any one key would do
        message = f"{_named(path, objection.schema)} is empty."
        return Mistake(path, rules.TOO_FEW, message, _example_help(objection.schema, path))
    properties = objection.schema.get("properties", {})
    message = f"{_named(path, objection.schema)} has no {_listed(absent, 'or')}."
    lines = [f"`{key}: {flow(sample_of(properties.get(key, {})))}`" for key in absent]
    first = properties.get(absent[0], {})
    description = first.get("description", "") if len(absent) == 1 else ""
    add = "Add" if len(absent) == 1 and len(first.get("enum", ())) == 1 else "Add for example"
    help = f"{add} {', '.join(lines)}." + (f" {description}" if description else "")
    return Mistake(path, rules.MISSING_KEY, message, help, at_key=True)


def alternative_words(objection: Objection, path: Path) -> Mistake:
    """One of several keys is needed, and none or more than one stands there."""
    options: list[list[str]] = [option["required"] for option in objection.wanted]
    listed = " or ".join(_listed(names, "and") for names in options)
    complete = [names for names in options if all(name in objection.instance for name in names)]
    begun = [names for names in options if any(name in objection.instance for name in names)]
    named = _named(path, objection.schema)
    if len(begun) > 1:
        present = [next(name for name in names if name in objection.instance) for names in begun]
        message = f"{named} has {_listed(present, 'and')} at once."
        help = str(objection.schema.get("x-if-both", f"Keep one: {listed}."))
        return Mistake(path, rules.TWO_AT_ONCE, message, help, at_key=True)
    if begun and not complete:
        absent = [name for name in begun[0] if name not in objection.instance]
        return missing_words(objection, absent, path)
    first = objection.schema.get("properties", {}).get(options[0][0], {})
    help = f"Add for example `{options[0][0]}: {flow(sample_of(first))}`."
    return Mistake(path, rules.MISSING_KEY, f"{named} needs {listed}.", help, at_key=True)


def wrong_condition_words(objection: Objection, keys: Sequence[Any], path: Path) -> Mistake | None:
    """A condition that stands without the key that announces it; None when that is not the mistake."""
    announces = next((key for key in _CONDITION_KEYS if key in objection.known), None)
    parts = [key for key in keys if _begins_condition(str(key))]
    if not parts or announces is None or announces in objection.instance:
        return None
    rest = [key for key in keys if key in _CONDITION_COMPANIONS]
    whole = short({key: objection.instance[key] for key in (*parts, *rest)})
    message = f"`{parts[0]}` belongs to a condition, and a condition is announced by `{announces}`."
    help = f"Write `{announces}: {whole}`."
    return Mistake((*path, parts[0]), rules.CONDITION_NEEDS_KEY, message, help, at_key=True)


def _begins_condition(key: str) -> bool:
    return key in WORDS or ("." in key and key.partition(".")[0] in _CONDITION_ROOTS)


# --- about values -----------------------------------------------------------------------------------


def value_words(objection: Objection, path: Path) -> Mistake:
    """A value of the wrong kind, or one that may not stand here."""
    instance, schema = objection.instance, objection.schema
    if instance is None:
        return _empty(schema, path)
    match objection.keyword:
        case "enum" | "const":
            return _not_allowed(objection, path)
        case "minLength":
            return _empty(schema, path)
        case "minItems":
            return _too_few(objection, path)
        case "maxItems" | "maxLength" | "maxProperties":
            return _too_many(objection, path)
        case "minimum" | "maximum":
            return _out_of_range(objection, path)
        case "pattern":
            return _bad_id(objection, path)
        case "dependencies":
            return _alone(objection, path)
        case _:  # "type", or "anyOf" where the value is of no option's type
            return _wrong_type(objection, path)


def _empty(schema: Mapping[str, Any], path: Path) -> Mistake:
    message = f"{_named(path, schema)} has no value."
    return Mistake(path, rules.EMPTY, message, _example_help(schema, path))


def _wrong_type(objection: Objection, path: Path) -> Mistake:
    instance, schema = objection.instance, objection.schema
    kinds = _kinds(schema)
    if kinds == ["boolean"] and isinstance(instance, str) and instance.lower() in _SWITCHES:
        return _switch(instance, path, schema, "`true` or `false`")
    wanted = " or ".join(_wanted(schema, kinds))
    message = f"{_named(path, schema)} needs {wanted}, not {_shown(instance)}."
    return Mistake(path, rules.WRONG_TYPE, message, _instead(instance, schema, kinds, path))


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types that a schema takes, over all its options; null is nothing that anybody writes."""
    if "anyOf" in schema:
        return list(dict.fromkeys(kind for option in schema["anyOf"] for kind in _kinds(option)))
    kinds = schema.get("type", "string")
    return [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]


def _wanted(schema: Mapping[str, Any], kinds: Sequence[str]) -> list[str]:
    if schema.get("title") == "duration":
        return ["a duration"]
    if "anyOf" not in schema:
        return [_TYPES[kind] for kind in kinds]
    words = []
    for option in schema["anyOf"]:
        if "$ref" in option:
            words.append(f"a {option['$ref'].rpartition('/')[2]}")
        elif "enum" in option:
            words.append(_listed(option["enum"], "or"))
        else:
            words.append(_TYPES[str(option.get("type"))])
    return words


def _instead(instance: Any, schema: Mapping[str, Any], kinds: Sequence[str], path: Path) -> str:
    """What to write in the place of a value of the wrong type, with the value itself where possible."""
    if isinstance(instance, list) and "x-if-list" in schema:
        return str(schema["x-if-list"])
    mended = _mended(instance, schema, kinds)
    if mended is None:
        return _example_help(schema, path)
    text = flow(mended)
    if len(text) > _LONGEST:
        return (
            "Begin each entry with a dash: `- …`."
            if isinstance(mended, list)
            else _example_help(schema, path)
        )
    return f"Write `{_keyed(path, text)}`."


def _mended(instance: Any, schema: Mapping[str, Any], kinds: Sequence[str]) -> Any:
    """The value in the wanted shape, where one can guess it; None otherwise."""
    if "array" in kinds and isinstance(instance, str | Mapping):
        return _as_list(instance, schema)
    if "object" in kinds and isinstance(instance, str) and "x-for-text" in schema:
        return {schema["x-for-text"]: instance, **_required_besides(schema)}
    if kinds == ["object"] and isinstance(instance, list) and len(instance) == 1:
        return instance[0] if isinstance(instance[0], Mapping) else None
    if set(kinds) & {"number", "integer"} and isinstance(instance, str):
        number = re.fullmatch(r"\s*(-?\d{1,15}(?:\.\d{1,15})?)\s*%?\s*", instance)
        return None if number is None else float(number[1]) if "." in number[1] else int(number[1])
    return None


def _required_besides(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that must be there as well, with examples."""
    keys = [key for key in schema.get("required", ()) if key != schema["x-for-text"]]
    return {key: sample_of(schema["properties"].get(key, {})) for key in keys}


def _as_list(instance: str | Mapping[str, Any], schema: Mapping[str, Any]) -> list[Any] | None:
    items = schema.get("items", {})
    if isinstance(instance, Mapping):
        return [instance] if items.get("type") == "object" else None
    if items.get("type") == "string":
        return [part.strip() for part in instance.split(",") if part.strip()]
    return [{items["x-for-text"]: instance}] if "x-for-text" in items else None


def _not_allowed(objection: Objection, path: Path) -> Mistake:
    instance, schema = objection.instance, objection.schema
    allowed = objection.wanted if objection.keyword == "enum" else [objection.wanted]
    if allowed == [True] and isinstance(instance, str) and instance.lower() in _TRUE:
        return _switch(instance, path, schema, "`true`")
    words = [show(value) for value in allowed]
    foreign = next((one for one in _FOREIGN_VALUES.get(show(instance).lower(), ()) if one in words), None)
    hint = f" Did you mean `{foreign}`?" if foreign else did_you_mean(show(instance), words)
    message = f"{_named(path, schema)} cannot be {_shown(instance)}.{hint}"
    help = f"Write {_listed(words, 'or')}." if len(words) > 1 else f"Write `{_keyed(path, words[0])}`."
    if "x-otherwise" in schema:
        help = f"{help[:-1]}, or {schema['x-otherwise']}."
    return Mistake(path, rules.NOT_ALLOWED, message, help)


def _switch(instance: str, path: Path, schema: Mapping[str, Any], wanted: str) -> Mistake:
    right = "true" if instance.lower() in _TRUE else "false"
    message = f"{_named(path, schema)} is {wanted}; `{instance}` is a text here."
    return Mistake(path, rules.SWITCH, message, f"Write `{_keyed(path, right)}`.")


def _too_few(objection: Objection, path: Path) -> Mistake:
    least = objection.wanted
    named = _named(path, objection.schema)
    message = f"{named} is empty." if not objection.instance else f"{named} needs at least {least} entries."
    return Mistake(path, rules.TOO_FEW, message, _example_help(objection.schema, path))


def _too_many(objection: Objection, path: Path) -> Mistake:
    most = objection.wanted
    unit = "characters" if isinstance(objection.instance, str) else "entries"
    message = f"{_named(path, objection.schema)} has more than {most} {unit}."
    return Mistake(path, rules.TOO_MANY, message, "Make it shorter.")


def _out_of_range(objection: Objection, path: Path) -> Mistake:
    side = "at least" if objection.keyword == "minimum" else "at most"
    limit = objection.wanted
    message = f"{_named(path, objection.schema)} is {objection.instance}; it must be {side} {limit}."
    return Mistake(path, rules.OUT_OF_RANGE, message, f"Write {side} {limit}.")


def _bad_id(objection: Objection, path: Path) -> Mistake:
    id = as_id(str(objection.instance)) or "first-reminder"
    written = str(objection.instance).replace("\n", "\\n")
    message = f"`{written}` cannot be an id: an id has small letters, digits and hyphens."
    return Mistake(path, rules.BAD_ID, message, f"Write `{_keyed(path, id)}`.")


def as_id(text: str) -> str:
    """A name as an id: `First Reminder` as `first-reminder`; empty when nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _alone(objection: Objection, path: Path) -> Mistake:
    """A key that goes with another one, which is missing."""
    key, needs = next(
        (key, names)
        for key, names in objection.wanted.items()
        if key in objection.instance and any(name not in objection.instance for name in names)
    )
    message = f"`{key}` goes with `{needs[0]}`, which is missing here."
    help = f"Add `{needs[0]}: …`, or take `{key}` away."
    return Mistake((*path, key), rules.NEEDS_COMPANION, message, help, at_key=True)


# --- phrases ----------------------------------------------------------------------------------------


def sample_of(schema: Mapping[str, Any]) -> Any:
    """A value that may stand here."""
    if "examples" in schema:
        return schema["examples"][0]
    if "enum" in schema or "const" in schema:
        return schema["enum"][0] if "enum" in schema else schema["const"]
    reference = str(schema.get("$ref", "")).rpartition("/")[2]
    if reference:
        return {"duration": "2 days", "steps": []}.get(reference, {"contact.country": "CH"})
    return _SAMPLES.get(str(schema.get("type")), "…")


def _example_help(schema: Mapping[str, Any], path: Path) -> str:
    sample = sample_of(schema)
    if sample == "…":
        return f"Write {_TYPES.get(str(schema.get('type')), 'something else')}, or take the key away."
    description = str(schema.get("description", "")) if schema.get("title") != "duration" else ""
    return f"Write for example `{_keyed(path, flow(sample))}`." + (f" {description}" if description else "")


def flow(value: Any) -> str:
    """A value as it can be written on one line of YAML, however long."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return f'"{value}"' if isinstance(value, str) and "{" in value else show(value)


def short(value: Any) -> str:
    """As `flow`; what would be too long to copy from a message is left to the reader."""
    text = flow(value)
    return text if len(text) <= _LONGEST and value is not None else "…"


def _keyed(path: Path, text: str) -> str:
    """A value behind its key, or behind the dash of its list."""
    if not path:
        return text
    return f"{path[-1]}: {text}" if isinstance(path[-1], str) else f"- {text}"


def _named(path: Path, schema: Mapping[str, Any]) -> str:
    """How a place is called in a sentence: its last key, or what it is."""
    title = schema.get("title")
    if path and isinstance(path[-1], str):
        return f"`{path[-1]}`"
    return f"This {title}" if title and title != "duration" else ("This entry" if path else "The file")


def _a(noun: str) -> str:
    return f"{'An' if noun[0] in 'aeiou' else 'A'} {noun}"


def _listed(words: Iterable[Any], joint: str) -> str:
    shown = [f"`{show(word)}`" for word in words]
    return f" {joint} ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else "".join(shown)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "keys and values"
    return "a list" if isinstance(value, list) else f"`{show(value)}`"
