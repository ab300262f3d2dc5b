"""The description of the admin API (OpenAPI 3.1), made of the one table of calls and their types."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.model.scopes import EVERYTHING, SCOPES
from engine.web.api.calls import Ask, Call
from engine.web.api.shapes import Name, Problem
from engine.web.api.table import CALLS
from engine.web.problems import KINDS

_JSON, _PROBLEM = "application/json", "application/problem+json"

#: What may be answered to everything, and to what changes something.
_ALWAYS = (400, 401, 403, 404, 405, 408, 413, 422, 429, 500, 503)
_TO_WRITES = (409, 415)

_ABOUT = """\
What the command line does, over HTTP. Every request carries `Authorization: Bearer KEY`; the command
`journeys keys create --admin --source NAME --scope SCOPE` makes a key. Errors are RFC 9457. A request that
changes something may carry an `Idempotency-Key`: for 24 hours the same key and body get the same answer, and
nothing is done twice.
"""

_AGAIN = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text, new for each thing to do: what comes again with it is not done again.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def description() -> dict[str, Any]:
    """The whole document."""
    types = [type for call in WITH_DESCRIPTION for type in (call.body, call.answer) if type is not None]
    _, components = msgspec.json.schema_components(
        [*dict.fromkeys(types), Problem], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for call in WITH_DESCRIPTION:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Journeys admin API", "version": "1", "description": _ABOUT},
        "servers": [{"url": "/api/v1"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.items())),
            "responses": {str(status): _refusal(status) for status in sorted(KINDS)},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": _scopes_in_words()}
            },
        },
    }


def describe(_ask: Ask) -> Any:
    """The call that answers it."""
    return description()


#: Every call, this description among them.
WITH_DESCRIPTION: tuple[Call, ...] = (
    *CALLS,
    Call("GET", "/openapi.json", "getDescription", "This description.", None, describe, dict[str, Any]),
)


def text() -> str:
    """As it is kept in schemas/."""
    return json.dumps(description(), ensure_ascii=False, indent=2) + "\n"


def _scopes_in_words() -> str:
    listed = "\n".join(f"* `{scope}`: {what}" for scope, what in SCOPES.items())
    return f"A key has scopes:\n\n{listed}\n* `{EVERYTHING}`: all of them"


def _operation(call: Call) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": call.name,
        "summary": call.summary,
        "description": f"Scope: `{call.scope}`." if call.scope else "Any key will do.",
        "parameters": [*_in_path(call), *_in_query(call), *([_AGAIN] if call.writes else [])],
    }
    if call.body is not None:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": _reference(call.body)}}}
    refusals = {*_ALWAYS, *(_TO_WRITES if call.writes else ())}
    operation["responses"] = {
        "200": {"description": "Done.", "content": {_JSON: {"schema": _reference(call.answer)}}},
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in sorted(refusals)},
    }
    return operation


def _reference(type: Any) -> Mapping[str, Any]:
    (found,), _ = msgspec.json.schema_components([type], ref_template="#/components/schemas/{name}")
    return found


def _in_path(call: Call) -> Iterable[dict[str, Any]]:
    schema = msgspec.json.schema(Name)
    for name in call.places:
        yield {"name": name, "in": "path", "required": True, "schema": schema}


def _in_query(call: Call) -> Iterable[dict[str, Any]]:
    if call.query is None:
        return
    schema = msgspec.json.schema(call.query)["$defs"][call.query.__name__]
    for name, kind in schema["properties"].items():
        about = kind.pop("description", "")
        yield {"name": name, "in": "query", "required": False, "description": about, "schema": kind}


def _refusal(status: int) -> dict[str, Any]:
    return {"description": f"{KINDS[status][1]}.", "content": {_PROBLEM: {"schema": _reference(Problem)}}}
