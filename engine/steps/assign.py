"""`assign`: deals contacts out among people: in turn, to who has the fewest, or by chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.conditions.literals import Meeting, fit_listed
from engine.conditions.names import Named, read_named
from engine.conditions.vocabulary import TYPE_PHRASES
from engine.model.contact import BUILT_IN
from engine.model.journey import Step
from engine.model.result import Assign, GoTo, Result
from engine.model.view import View
from engine.steps import rules
from engine.steps.contract import Frame, Reader, StepType

_BY = ("round_robin", "least_loaded", "hash")


def read(data: Mapping[str, Any], reader: Reader) -> Assign | None:
    """A text attribute of the shop's own, and names that may stand there."""
    plain = data["assign"]
    found = _attribute(plain["attribute"], reader)
    among = tuple(str(name) for name in plain["among"])
    is_right = _differ(among, reader) and found is not None and _fit(found, plain["among"], reader)
    if not is_right or found is None:
        return None
    return Assign(found.reference.path, among, plain.get("by", "round_robin"))


def _attribute(written: object, reader: Reader) -> Named | None:
    at = ("assign", "attribute")
    names = replace(reader.names, roots=frozenset({"contact"}))
    found = read_named(written, (*reader.path, *at), reader.report, names)
    if found is None:
        return None
    if found.reference.path[1] in BUILT_IN:
        message = f"`{written}` is no place for the name of a person."
        help = "Name an attribute of your own, such as `contact.owner`; add it to `contact` in catalog.yaml."
        reader.wrong(at, rules.ASSIGN_ATTRIBUTE, message, help)
        return None
    if found.type is not None and found.type.type != "text":
        message = f"`{written}` is {TYPE_PHRASES[found.type.type]}, and `assign` writes a name."
        reader.wrong(at, rules.ASSIGN_ATTRIBUTE, message, "Name an attribute that is text.")
        return None
    return found


def _differ(among: tuple[str, ...], reader: Reader) -> bool:
    for index, name in enumerate(among):
        if name in among[:index]:
            message = f"`{name}` stands twice among those who are assigned."
            reader.wrong(("assign", "among", index), rules.ASSIGN_TWICE, message, "Name each once.")
            return False
    return True


def _fit(found: Named, among: list[Any], reader: Reader) -> bool:
    """Whether the catalog lets all of them stand there."""
    fitting = True
    for index, name in enumerate(among):
        path = (*reader.path, "assign", "among", index)
        meeting = Meeting(str(found.reference), found.type, path, reader.report, "is set to")
        fitting = fit_listed(name, meeting) is not None and fitting
    return fitting


def bind(assign: Assign, frame: Frame) -> Step:
    """Who it will be is decided when the step is reached."""
    attribute = ".".join(assign.attribute)
    result = Result(GoTo(frame.next), (assign,), why=attribute)

    def run(view: View) -> Result:
        del view
        return result

    way = {"round_robin": "in turn", "least_loaded": "to who has the fewest", "hash": "by chance"}[assign.by]
    text = f"assign {attribute} {way}"
    return Step(frame.id, "assign", frame.next, run, text=text, changes_contact=True)


ASSIGN = StepType(
    word="assign",
    keys=("assign",),
    summary="Assigns the contact to one of several people by writing a name into an attribute.",
    example="""\
- id: to-sales
  assign: { attribute: contact.owner, among: [ana, ben, cleo], by: round_robin }
""",
    schema={
        "assign": {
            "type": "object",
            "description": "Which attribute is to hold whose name.",
            "examples": [{"attribute": "contact.owner", "among": ["ana", "ben"], "by": "round_robin"}],
            "properties": {
                "attribute": {
                    "type": "string",
                    "minLength": 1,
                    "description": "A text attribute of your own.",
                    "examples": ["contact.owner"],
                },
                "among": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "minLength": 1, "examples": ["ana"]},
                    "description": "The names.",
                    "examples": [["ana", "ben"]],
                },
                "by": {
                    "enum": list(_BY),
                    "description": "In turn (unless it says otherwise), to who has the fewest, or by chance.",
                },
            },
            "required": ["attribute", "among"],
            "additionalProperties": False,
        }
    },
    required=("assign",),
    read=read,
    bind=bind,
)
