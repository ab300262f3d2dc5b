"""The JSON Schema of conditions (draft-07), written from the table of kinds for editors and validation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from engine.conditions.contract import Kind


def schema_of(kinds: Sequence[Kind]) -> dict[str, Any]:
    """A schema whose `definitions` hold `condition`, to be merged into the schema of a file."""
    shared = {name: dict(schema) for kind in kinds for name, schema in kind.definitions.items()}
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "definitions": {"condition": _condition(kinds), **shared},
        "$ref": "#/definitions/condition",
    }


def _condition(kinds: Sequence[Kind]) -> dict[str, Any]:
    words = {word: dict(schema) for kind in kinds for word, schema in kind.schema.items()}
    paths = {pattern: dict(schema) for kind in kinds for pattern, schema in kind.path_schema.items()}
    return {
        "type": "object",
        "description": "What must hold. Several keys: all of them.",
        "minProperties": 1,
        "properties": words,
        "patternProperties": paths,
        "additionalProperties": False,
        "allOf": [rule for kind in kinds if kind.is_alone for rule in _stands_alone(kind)],
    }


def _stands_alone(kind: Kind) -> list[dict[str, Any]]:
    """Each word only with its companions, and a companion only with one of its words."""
    alone = [_only_with(word, kind.companions[word]) for word in kind.words]
    companions = dict.fromkeys(one for words in kind.companions.values() for one in words)
    needs = {one: [word for word in kind.words if one in kind.companions[word]] for one in companions}
    return [*alone, {"dependencies": {one: _any_of(words) for one, words in needs.items()}}]


def _only_with(word: str, companions: tuple[str, ...]) -> dict[str, Any]:
    return {"if": {"required": [word]}, "then": {"propertyNames": {"enum": [word, *companions]}}}


def _any_of(words: list[str]) -> dict[str, Any]:
    return {"anyOf": [{"required": [word]} for word in words]}
