"""The description of the admin API and its reference page, written from the one table of calls.

`python -m tests.golden.test_api_description --write` writes schemas/openapi.json and docs/reference/api.md
again.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from engine.model.scopes import EVERYTHING, SCOPES
from engine.web.api.openapi import WITH_DESCRIPTION, description, text

ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "schemas" / "openapi.json"
PAGE = ROOT / "docs" / "reference" / "api.md"
REWRITE = "`python -m tests.golden.test_api_description --write`"

HEAD = """\
# Reference: the admin API

Written from the table of calls in engine/web/api/table.py. How to use it: [the admin API](../api.md). For
programs: [openapi.json](../../schemas/openapi.json).

All calls stand below `/api/v1` and want `Authorization: Bearer KEY`. Fields in brackets may be left out.
"""


def page() -> str:
    """The reference page."""
    found = description()
    scopes = "\n".join(f"| `{scope}` | {what} |" for scope, what in SCOPES.items())
    parts = [
        HEAD,
        f"## Scopes\n\n| scope | allows to |\n| --- | --- |\n{scopes}\n| `{EVERYTHING}` | everything |\n",
    ]
    for call in WITH_DESCRIPTION:
        operation = found["paths"][call.path][call.method.lower()]
        parts.append(_section(call.method, call.path, operation, found["components"]["schemas"]))
    return "\n".join(parts)


def _section(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    lines = [f"## {method} {path}\n", f"{operation['summary']} {operation['description']}\n"]
    asked = [one for one in operation["parameters"] if one["in"] == "query"]
    if asked:
        lines.append(
            "In the address: " + "; ".join(f"`{one['name']}`: {one['description']}" for one in asked) + "\n"
        )
    if "requestBody" in operation:
        lines.append(f"Takes {_body(operation['requestBody']['content'], schemas)}\n")
    lines.append(f"Answers {_body(operation['responses']['200']['content'], schemas)}\n")
    return "\n".join(lines)


def _body(content: dict[str, Any], schemas: dict[str, Any]) -> str:
    reference = content["application/json"]["schema"].get("$ref")
    if reference is None:
        return "one object."
    schema = schemas[reference.rpartition("/")[2]]
    names = [name if name in schema.get("required", ()) else f"[{name}]" for name in schema["properties"]]
    said = " ".join(schema["description"].split())
    return f"{', '.join(f'`{name}`' for name in names)}. {said}"


def test_what_is_kept_is_fresh() -> None:
    assert DESCRIPTION.read_text(encoding="utf-8") == text(), f"stale; {REWRITE} writes it again"
    assert PAGE.read_text(encoding="utf-8") == page(), f"stale; {REWRITE} writes it again"


def test_every_schema_is_one() -> None:
    found = description()
    assert found["openapi"] == "3.1.0"
    for schema in found["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    found = description()

    def references(node: Any) -> list[str]:
        if isinstance(node, list):
            return [one for item in node for one in references(item)]
        if not isinstance(node, dict):
            return []
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [one for item in node.values() for one in references(item)]

    for reference in references(found):
        at: Any = found
        for part in reference.removeprefix("#/").split("/"):
            at = at[part]


@pytest.mark.parametrize("call", WITH_DESCRIPTION, ids=lambda call: call.name)
def test_every_call_has_a_name_a_scope_and_a_sentence(call: Any) -> None:
    assert [other.name for other in WITH_DESCRIPTION].count(call.name) == 1
    assert call.scope in SCOPES or call.name == "getDescription"
    assert call.summary.endswith(".")
    wanted = (":read",) if call.method == "GET" else (":write", ":erase")
    assert call.scope is None or call.scope.endswith(wanted)


def test_every_scope_opens_something() -> None:
    assert {call.scope for call in WITH_DESCRIPTION} - {None} == set(SCOPES)


if __name__ == "__main__" and "--write" in sys.argv:
    DESCRIPTION.write_text(text(), encoding="utf-8", newline="\n")
    PAGE.write_text(page(), encoding="utf-8", newline="\n")
    print(f"Wrote {DESCRIPTION.relative_to(ROOT)} and {PAGE.relative_to(ROOT)}")
