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
        "allOf": _standing_alone([kind for kind in kinds if kind.is_alone]),
    }


def _standing_alone(kinds: Sequence[Kind]) -> list[dict[str, Any]]:
    """Each word only with its companions, and a companion only with one of the words that it belongs to."""
    by_word = {word: companions for kind in kinds for word, companions in kind.companions.items()}
    alone = [_only_with(word, companions) for word, companions in by_word.items()]
    companions = dict.fromkeys(one for words in by_word.values() for one in words)
    needs = {one: [word for word in by_word if one in by_word[word]] for one in companions}
    return [*alone, {"dependencies": {one: _any_of(words) for one, words in needs.items()}}]


def _only_with(word: str, companions: tuple[str, ...]) -> dict[str, Any]:
    return {"if": {"required": [word]}, "then": {"propertyNames": {"enum": [word, *companions]}}}


def _any_of(words: list[str]) -> dict[str, Any]:
    return {"anyOf": [{"required": [word]} for word in words]}
