"""The reference of all faults, docs/reference/faults.md: every code with its meaning and an example; the same
examples are in engine/service/fault_examples.json for `journeys explain`. Lint has a page of its own.

`python -m tests.golden.test_fault_reference --write` writes it again from the tables of codes and the pairs.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.conditions import rules as conditions
from engine.core import rules as core
from engine.language import rules as language
from engine.language import yaml_rules
from engine.language.lint.ignores import IGNORE_RULES
from engine.language.lint.table import LINT_RULES
from engine.messages import rules as messages
from engine.service.explanations import EXAMPLES
from engine.steps import rules as steps
from engine.triggers import rules as triggers
from tests.golden.test_faults import CASES
from tests.golden.test_yaml_faults import FILES as YAML_CASES

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine"
PAGE = ROOT / "docs" / "reference" / "faults.md"
REWRITE = "`python -m tests.golden.test_fault_reference --write`"

HEAD = """\
# Faults

Every mistake that `journeys validate` can find, by its code. A code never changes its meaning, so it can be
cited in a review. An error disables the journey it stands in, and no other; a warning disables nothing.
This page is written by {command}.
"""
CHAPTERS: tuple[tuple[str, str], ...] = (
    ("J0", "Files and YAML"),
    ("J1", "Structure"),
    ("J3", "Steps, triggers, goals"),
    ("J4", "Conditions"),
    ("J6", "Templates"),
)
TABLES: tuple[Mapping[str, str], ...] = (
    yaml_rules.RULES,
    language.RULES,
    steps.RULES,
    triggers.RULES,
    core.RULES,
    conditions.RULES,
    messages.RULES,
)
#: Whose example would be a file of more than one MiB, or of so many characters; and a layout that is gone
#: is told by validation (J134) before the template asks for it.
WITHOUT_EXAMPLE = frozenset(
    {yaml_rules.TOO_LARGE, messages.TOO_LARGE, messages.UNKNOWN_LAYOUT, messages.MJML_FAILED}
)

_FAULT = re.compile(
    r"^(?:(?P<file>[^:\n]+):)?(?P<line>\d+):\d+ (?:\w+ )?(?P<rule>J\d{3})(?: \(\w+\))? (?P<message>.*)\n"
    r"    (?P<help>.*)$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Example:
    """One golden fault: the line it points at, and what is said."""

    line: str
    message: str
    help: str


def meanings() -> dict[str, str]:
    """Code → meaning, over all tables."""
    found: dict[str, str] = {}
    for table in TABLES:
        found |= table
    return dict(sorted(found.items()))


def examples() -> dict[str, Example]:
    """Code → the first golden pair that shows it."""
    found: dict[str, Example] = {}
    for rule, example in (*_own_examples(), *_yaml_examples()):
        found.setdefault(rule, example)
    return found


def _own_examples() -> Iterator[tuple[str, Example]]:
    for case in CASES:
        text, _, faults = case.read_text(encoding="utf-8").partition("=== faults\n")
        parts = re.split(r"^=== (.+)\n", text, flags=re.MULTILINE)[1:]
        files = dict(zip(parts[::2], parts[1::2], strict=True))
        yield from _told(faults, files)


def _yaml_examples() -> Iterator[tuple[str, Example]]:
    for case in YAML_CASES:
        content = case.read_text(encoding="utf-8", errors="replace")
        yield from _told(case.with_suffix(".txt").read_text(encoding="utf-8"), {"": content})


def _told(faults: str, files: Mapping[str, str]) -> Iterator[tuple[str, Example]]:
    for fault in _FAULT.finditer(faults):
        lines = files.get(fault["file"] or "", "").splitlines()
        number = int(fault["line"])
        line = lines[number - 1].strip() if 0 < number <= len(lines) else ""
        yield fault["rule"], Example(line, fault["message"], fault["help"])


def page() -> str:
    """The whole reference."""
    shown = examples()
    parts = [HEAD.format(command=REWRITE)]
    for prefix, title in CHAPTERS:
        parts.append(f"\n## {title}\n")
        for rule, meaning in meanings().items():
            if rule.startswith(prefix):
                parts.append(_entry(rule, meaning, shown.get(rule)))
    return "".join(parts)


def _entry(rule: str, meaning: str, example: Example | None) -> str:
    meaning = meaning[0].upper() + meaning[1:].rstrip(".") + "."
    entry = f"\n### {rule}\n\n{meaning}\n"
    if example is None:
        return entry
    line = re.sub(r"[^\x20-\x7e\u00a1-\uffff]", "·", example.line)
    where = f"\n    {line}\n" if line else ""
    return f"{entry}{where}\n> {example.message}<br>\n> {example.help}\n"


def places_of_codes() -> dict[str, list[str]]:
    """Code → the files of the engine that write it out."""
    places: dict[str, list[str]] = {}
    for path in sorted(ENGINE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and re.fullmatch(r"J\d{3}", str(node.value)):
                places.setdefault(str(node.value), []).append(path.relative_to(ENGINE).as_posix())
    return places


def test_the_reference_is_fresh() -> None:
    written = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    assert written == page(), f"docs/reference/faults.md is stale; {REWRITE} writes it again"


def examples_file() -> str:
    """What `journeys explain` shows: code → the line, what is said about it, the remedy."""
    found = {
        rule: {"line": one.line, "message": one.message, "help": one.help} for rule, one in examples().items()
    }
    return json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def test_what_explain_shows_is_fresh() -> None:
    written = EXAMPLES.read_text(encoding="utf-8") if EXAMPLES.exists() else ""
    assert written == examples_file(), f"{EXAMPLES.name} is stale; {REWRITE} writes it again"


def test_a_code_has_one_meaning() -> None:
    seen: dict[str, str] = {}
    for table in TABLES:
        for rule, meaning in table.items():
            assert seen.setdefault(rule, meaning) == meaning, rule


def test_every_code_that_a_line_of_the_engine_names_is_in_the_reference() -> None:
    assert set(places_of_codes()) == {*meanings(), *LINT_RULES, *IGNORE_RULES}


def test_a_code_is_written_out_in_one_place_only() -> None:
    assert {rule: files for rule, files in places_of_codes().items() if len(files) > 1} == {}


def test_every_code_has_an_example() -> None:
    assert set(meanings()) - set(examples()) == WITHOUT_EXAMPLE


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"Write docs/reference/faults.md again with: {REWRITE}")
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    EXAMPLES.write_text(examples_file(), encoding="utf-8")
    print(f"Wrote {PAGE.relative_to(ROOT)} and {EXAMPLES.relative_to(ROOT)}")
