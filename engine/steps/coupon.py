"""`coupon`: one code of an imported pool for this contact, by a name that later messages know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.conditions.vocabulary import TEXT, AttributeType
from engine.model.journey import Step
from engine.model.result import GoTo, Result, TakeCoupon
from engine.model.view import View
from engine.steps.contract import Frame, Reader, StepType
from engine.steps.naming import NAME_SCHEMA, read_name


@dataclass(frozen=True, slots=True)
class Taking:
    """A coupon step as written."""

    pool: str
    name: str
    exit_on_empty: bool


def read(data: Mapping[str, Any], reader: Reader) -> Taking | None:
    """The pool is not looked for: codes are imported on the machine that runs."""
    plain = data["coupon"]
    name = read_name(plain["as"], reader, ("coupon", "as"), "gift")
    return None if name is None else Taking(plain["pool"], name, plain.get("on_empty") == "exit")


def bind(taking: Taking, frame: Frame) -> Step:
    """Asks for a code; whether there is one is for core to find out."""
    text = f"coupon of {taking.pool}"
    result = Result(GoTo(frame.next), (TakeCoupon(taking.pool, taking.name, taking.exit_on_empty),), why=text)

    def run(view: View) -> Result:
        del view
        return result

    return Step(frame.id, "coupon", frame.next, run, text=text, asks_stock=True)


COUPON = StepType(
    word="coupon",
    keys=("coupon",),
    summary="Takes one code from an imported pool, exactly once, for later messages.",
    example="- { id: gift, coupon: { pool: winback-10, as: gift, on_empty: continue } }\n",
    schema={
        "coupon": {
            "type": "object",
            "description": "Which pool, and the name for later messages: gift.code, gift.expires_at.",
            "examples": [{"pool": "winback-10", "as": "gift"}],
            "x-for-text": "pool",
            "properties": {
                "pool": {
                    "type": "string",
                    "minLength": 1,
                    "description": "As given by `journeys import coupons FILE --pool NAME`.",
                    "examples": ["winback-10"],
                },
                "as": {**NAME_SCHEMA, "examples": ["gift"]},
                "on_empty": {
                    "enum": ["continue", "exit"],
                    "description": "When no code is left: go on without one, or leave the journey.",
                },
            },
            "required": ["pool", "as"],
            "additionalProperties": False,
        }
    },
    required=("coupon",),
    read=read,
    bind=bind,
    remembers=lambda _data: {"code": TEXT, "expires_at": AttributeType("instant")},
    names_something=True,
)
