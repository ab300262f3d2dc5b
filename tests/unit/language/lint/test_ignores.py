"""`# lint: ignore CODE — reason`: what it keeps back, and what is said when it keeps nothing back."""

from __future__ import annotations

import pytest

from engine.language.lint.contract import Example
from engine.language.lint.samples import files_of
from engine.language.workspace import read_workspace
from engine.service.remarks import told_faults

SHOUT = '  - { id: hello, send: email, subject: "Hello!!!", body: Thank you. }\n'
STEPS = "steps:\n"


def codes(journey: str, **files: str) -> list[str]:
    found = files_of(
        Example(journey, files={path.replace("__", "/") + ".md": text for path, text in files.items()})
    )
    return [fault.rule for fault in told_faults(read_workspace(found), found)]


def test_without_a_comment_it_is_told() -> None:
    assert codes(STEPS + SHOUT) == ["J772"]


@pytest.mark.parametrize("dash", ["—", "–", "-", "--", ":"])
def test_the_line_above_counts_with_any_dash(dash: str) -> None:
    assert codes(f"{STEPS}  # lint: ignore J772 {dash} the shop is loud\n{SHOUT}") == []


def test_the_same_line_counts() -> None:
    line = SHOUT.rstrip("\n") + "  # lint: ignore J772 — the shop is loud\n"
    assert codes(STEPS + line) == []


def test_two_lines_above_is_too_far() -> None:
    assert codes(f"{STEPS}  # lint: ignore J772 — the shop is loud\n\n{SHOUT}") == ["J795", "J772"]


def test_one_comment_may_name_several_codes_and_each_must_be_found() -> None:
    assert codes(f"{STEPS}  # lint: ignore J772, J771 — the shop is loud\n{SHOUT}") == ["J795"]


@pytest.mark.parametrize(
    "comment", ["# lint: ignore J772", "# lint: ignore J772 —", "# lint: ignore J772 — "]
)
def test_without_a_reason_nothing_is_kept_back(comment: str) -> None:
    assert codes(f"{STEPS}  {comment}\n{SHOUT}") == ["J796", "J772"]


@pytest.mark.parametrize(
    "comment", ["# lint: ignore", "# lint: ignore J7720 — loud", "# lint: ignore X1 — loud"]
)
def test_a_comment_without_a_code_that_there_is_is_told(comment: str) -> None:
    assert codes(f"{STEPS}  {comment}\n{SHOUT}") == ["J797", "J772"]


def test_an_error_is_not_kept_back() -> None:
    step = "  # lint: ignore J350 — never mind\n  - { id: pause, wait: 2 dyas }\n"
    assert codes(STEPS + step) == ["J350"]


def test_in_a_message_a_comment_stands_in_the_front_matter_or_in_liquid() -> None:
    head = "---\n# lint: ignore J772 — the shop is loud\nsubject: Hello!!!\npreheader: From us.\n---\n"
    body = (
        "{% # lint: ignore J778 — the old shop has no certificate %}\n[Old shop](http://old.shop.example/)\n"
    )
    step = "  - { id: hello, send: email, message: hello }\n"
    assert codes(STEPS + step, demo__hello=head + body) == []


def test_in_a_journey_with_errors_nothing_is_called_unused() -> None:
    steps = "  # lint: ignore J772 — the shop is loud\n" + SHOUT + "  - { id: pause, wait: 2 dyas }\n"
    assert codes(STEPS + steps) == ["J350"]
