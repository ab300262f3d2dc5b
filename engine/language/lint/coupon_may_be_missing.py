"""A coupon's code is printed without a `default`, though the pool may be empty."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.contract import Example, Finding, Rule
from engine.language.lint.letters import Letter, Printed
from engine.language.lint.subject import Subject
from engine.language.lint.words import about_text


def check(subject: Subject) -> Iterator[Finding]:
    """A journey that asks anywhere whether there was a code has thought of it."""
    for letter in subject.letters:
        for name in _taken(subject):
            for one in letter.printed(name):
                if one.path == f"{name}.code" and not one.is_safe:
                    yield _finding(letter, one, name)


def _finding(letter: Letter, printed: Printed, name: str) -> Finding:
    message = f"`{printed.path}` is missing once the pool is empty, and then this message is not sent."
    help = (
        "Write `on_empty: exit` at the coupon, or put what is said of it between "
        f"{{% if {name}.code %}} and {{% endif %}}."
    )
    return about_text(letter, printed.spot, message, help)


def _taken(subject: Subject) -> Iterator[str]:
    """What messages call the coupons without which people go on."""
    asked = " ".join(str(written.data) for written in subject.conditions)
    for _, step in subject.steps:
        coupon = step.get("coupon")
        may_be_empty = isinstance(coupon, Mapping) and coupon.get("on_empty") != "exit"
        if may_be_empty and f"step.{step.get('id')}." not in asked:
            yield str(step["coupon"]["as"])


_STEPS = """\
steps:
  - { id: gift, coupon: { pool: welcome-10, as: gift%s } }
  - { id: hello, send: email, subject: Good to have you here, body: "Your code is {{ gift.code }}." }
"""
RULE = Rule(
    code="J798",
    group="content",
    severity="warning",
    meaning="A message prints the code of a coupon that may have run out.",
    why=(
        "A message is never sent half-empty: on the day on which the last code is taken it stops, and stands "
        "among the failures."
    ),
    example=Example(_STEPS % ""),
    clean=Example(_STEPS % ", on_empty: exit"),
    check=check,
)
