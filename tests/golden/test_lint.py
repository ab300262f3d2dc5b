"""Every lint rule by its own examples: word for word about the one, and not a word about the other.

`python -m tests.golden.test_lint --write` writes the pairs in `lint/` and docs/reference/lint.md again.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from engine.language.lint import contract
from engine.language.lint.check import lint
from engine.language.lint.contract import Example
from engine.language.lint.ignores import IGNORE_EXAMPLES, IGNORE_RULES
from engine.language.lint.samples import files_of
from engine.language.lint.table import LINT, LINT_RULES
from engine.language.workspace import read_workspace
from engine.model.fault import Fault
from engine.service.explanations import sentence_of, written
from engine.service.remarks import told_faults
from tests.golden.test_faults import _WORDS_OF_PROGRAMMERS, told
from tests.golden.test_traces import FILES as TRACES
from tests.golden.test_traces import read

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "lint"
RULES = ROOT / "engine" / "language" / "lint"
PAGE = ROOT / "docs" / "reference" / "lint.md"
REWRITE = "`python -m tests.golden.test_lint --write`"

#: Code → the example that is found, and the one that is right.
EXAMPLES: Mapping[str, tuple[Example, Example]] = {
    **{rule.code: (rule.example, rule.clean) for rule in LINT},
    **IGNORE_EXAMPLES,
}
#: An ignore that ignores nothing leaves what it was written for.
BESIDE = {"J795": {"J795"}, "J796": {"J796"}, "J797": {"J797"}}

GROUPS = ("flow", "entry and goal", "conditions", "time", "sending", "content", "references", "people")
HEAD = f"""\
# Lint

What `journeys validate` remarks about journeys that can run, but are hardly meant so. A warning is most often
a mistake, an info something to think about; neither stops a journey, and `--strict` makes warnings fail. A
code never changes its meaning.

A remark that has been read and answered is kept back by a comment on the same line or the line above, with
the reason: `# lint: ignore J772 — the shop is called Wow!!!`. In the text of a message it is written
`{{% # lint: ignore J778 — … %}}`. A comment that ignores nothing is told, and errors cannot be ignored.

This page is written by {REWRITE}.
"""


def faults_of(example: Example) -> list[Fault]:
    files = files_of(example)
    return told_faults(read_workspace(files), files, example.caps)


def pair(code: str) -> str:
    """The example, what is said about it, and the one that nothing is said about."""
    found, clean = EXAMPLES[code]
    return f"=== found in\n{written(found)}\n=== told\n{told(faults_of(found))}=== right\n{written(clean)}\n"


@pytest.mark.parametrize("code", EXAMPLES)
def test_an_example_is_told_word_for_word(code: str) -> None:
    assert (FOLDER / f"{code}.txt").read_text(encoding="utf-8") == pair(code), f"{REWRITE} writes it again"


@pytest.mark.parametrize("code", EXAMPLES)
def test_a_rule_finds_its_example_and_nothing_else_does(code: str) -> None:
    assert {fault.rule for fault in faults_of(EXAMPLES[code][0])} == BESIDE.get(code, {code})


@pytest.mark.parametrize("code", EXAMPLES)
def test_nothing_is_said_about_what_is_right(code: str) -> None:
    assert told(faults_of(EXAMPLES[code][1])) == ""


@pytest.mark.parametrize("code", EXAMPLES)
def test_words_are_for_marketers_and_end_in_a_remedy(code: str) -> None:
    for fault in faults_of(EXAMPLES[code][0]):
        assert re.match(r"[`A-Z0-9]", fault.message)
        assert fault.help
        assert fault.message.endswith((".", "?"))
        assert fault.help.endswith((".", "?"))
        words = re.sub(r"`[^`]*`", "", f"{fault.message} {fault.help}")
        assert not _WORDS_OF_PROGRAMMERS.search(words), words


@pytest.mark.parametrize("rule", LINT, ids=lambda rule: rule.code)
def test_a_rule_says_what_it_means_and_why_it_matters(rule: contract.Rule) -> None:
    assert rule.meaning.endswith(".")
    assert rule.why.endswith((".", "?"))
    assert rule.group in GROUPS


def test_the_table_is_in_order_and_no_code_is_given_twice() -> None:
    codes = [rule.code for rule in LINT]
    assert codes == sorted(set(codes))
    assert not set(codes) & set(IGNORE_RULES)
    assert len(codes) >= 70


def test_every_file_with_a_rule_is_in_the_table() -> None:
    with_rule = {path.stem for path in RULES.glob("*.py") if "\nRULE = Rule(" in path.read_text("utf-8")}
    table = ast.parse((RULES / "table.py").read_text("utf-8"))
    named = {
        node.value.id
        for node in ast.walk(table)
        if isinstance(node, ast.Attribute) and node.attr == "RULE" and isinstance(node.value, ast.Name)
    }
    assert with_rule == named


def test_no_pair_is_left_of_a_rule_that_is_gone() -> None:
    assert {path.stem for path in FOLDER.glob("*.txt")} == set(EXAMPLES)


# --- false alarms and odd journeys -------------------------------------------------------------------


def files_below(folder: Path) -> dict[str, bytes]:
    root = folder.parent
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_nothing_is_said_about_the_shipped_journeys() -> None:
    files = files_below(ROOT / "journeys")
    assert told(told_faults(read_workspace(files), files)) == ""


@pytest.mark.parametrize("file", TRACES, ids=lambda file: file.stem)
def test_lint_gets_to_the_end_of_every_journey_with_a_trace(file: Path) -> None:
    assert all(fault.severity != "error" for fault in lint(read(file).workspace(), {}))


# --- the reference -----------------------------------------------------------------------------------


def page() -> str:
    """All rules by group, then the comments that keep them back."""
    parts = [HEAD]
    for group in GROUPS:
        parts.append(f"\n## {group.capitalize()}\n")
        parts += [_entry(rule) for rule in LINT if rule.group == group]
    parts.append("\n## Ignore comments\n")
    parts += [
        f"\n### {code}\n\n{sentence_of(meaning)}\n{_shown(code)}" for code, meaning in IGNORE_RULES.items()
    ]
    return "".join(parts)


def _entry(rule: contract.Rule) -> str:
    head = f"\n### {rule.code} · {rule.severity}\n\n{sentence_of(rule.meaning)}\n\n{rule.why}\n"
    return head + _shown(rule.code)


def _shown(code: str) -> str:
    found, clean = EXAMPLES[code]
    fault = next(fault for fault in faults_of(found) if fault.rule == code)
    return (
        f"\n```yaml\n{written(found)}\n```\n\n> {fault.message}<br>\n> {fault.help}\n"
        f"\nRight:\n\n```yaml\n{written(clean)}\n```\n"
    )


def test_the_reference_is_fresh() -> None:
    found = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert found == page(), f"docs/reference/lint.md is stale; {REWRITE} writes it again"


def test_each_rule_is_in_the_reference() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [code for code in LINT_RULES if f"### {code} ·" not in text] == []


def write() -> None:
    """The pairs and the page anew; what changed is for a reader to judge."""
    FOLDER.mkdir(exist_ok=True)
    for old in FOLDER.glob("*.txt"):
        old.unlink()
    for code in EXAMPLES:
        (FOLDER / f"{code}.txt").write_text(pair(code), encoding="utf-8")
    PAGE.write_text(page(), encoding="utf-8")
    print(f"Wrote {len(EXAMPLES)} pairs and {PAGE.relative_to(ROOT)}")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"Write the pairs of lint and docs/reference/lint.md again with: {REWRITE}")
    write()
