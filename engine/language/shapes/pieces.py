"""What the shapes of all files are made of."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
CONDITION: Schema = {"$ref": "#/definitions/condition"}
A_DURATION: Schema = {"$ref": "#/definitions/duration"}
WHERE: Schema = {**CONDITION, "description": "Only such events: a condition on `event.*`."}


def text(description: str = "", *examples: str) -> Schema:
    """A text that is not empty, with what it is for and how it looks."""
    described = {"description": description} if description else {}
    return {**TEXT, **described, **({"examples": list(examples)} if examples else {})}


#: What stands behind `A_DURATION` for editors; the validator reads durations itself.
DURATION: Schema = {
    "type": "string",
    "description": "`90 seconds`, `2 days`, `1 hour 30 minutes`, `P2D`.",
    "x-exact": True,  # a bare number has no unit
    "pattern": "^(\\s*[pP].*|\\s*[0-9]+\\s*[a-zA-Z]+.*)$",
}
