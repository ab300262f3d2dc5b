"""What `journeys explain` shows: for every code its meaning, an example, and what to write instead.

Lint rules carry their examples with them; those of all other faults are in fault_examples.json, which is
written from the golden pairs of the tests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from engine.language import rules
from engine.language.lint.check import lint
from engine.language.lint.contract import Example, Rule
from engine.language.lint.ignores import IGNORE_EXAMPLES, IGNORE_RULES, without_ignored
from engine.language.lint.samples import files_of
from engine.language.lint.table import LINT, LINT_RULES
from engine.language.workspace import read_workspace
from engine.messages import rules as message_rules

#: Examples of the faults of files and templates; tests/golden/test_fault_reference.py writes them.
EXAMPLES: Final = Path(__file__).with_name("fault_examples.json")

#: Code → what it means, in one sentence, of everything that validation can tell.
MEANINGS: Final[Mapping[str, str]] = dict(
    sorted({**rules.RULES, **message_rules.RULES, **LINT_RULES, **IGNORE_RULES}.items())
)
_OF_LINT: Final[Mapping[str, Rule]] = {rule.code: rule for rule in LINT}


@dataclass(frozen=True, slots=True)
class Page:
    """All about one code. Empty texts are left out where it is shown."""

    code: str
    meaning: str
    severity: str = ""  # of lint; other codes may be errors here and warnings there
    why: str = ""
    example: str = ""
    told: str = ""  # what validation says about the example
    help: str = ""
    clean: str = ""  # written so that nothing is said
    can_be_ignored: bool = False


def page_of(code: str) -> Page:
    """The page of a code of MEANINGS."""
    meaning = sentence_of(MEANINGS[code])
    if code in _OF_LINT:
        rule = _OF_LINT[code]
        told, help = _told(code, rule.example)
        example, clean = written(rule.example), written(rule.clean)
        return Page(code, meaning, rule.severity, rule.why, example, told, help, clean, True)
    if code in IGNORE_EXAMPLES:
        example_of, clean_of = IGNORE_EXAMPLES[code]
        told, help = _told(code, example_of)
        return Page(code, meaning, "warning", "", written(example_of), told, help, written(clean_of))
    found = _examples().get(code, {})
    return Page(
        code,
        meaning,
        example=found.get("line", ""),
        told=found.get("message", ""),
        help=found.get("help", ""),
    )


def sentence_of(meaning: str) -> str:
    """A meaning with a capital and a full stop; the tables differ in this."""
    return f"{meaning[0].upper()}{meaning[1:].rstrip('.')}."


def written(example: Example) -> str:
    """An example as it is shown: the parts of the journey, then other files below their names."""
    parts = [example.journey.rstrip("\n")] if example.journey else []
    if example.without:
        parts.append("\n".join(f"# without `{key}`" for key in example.without))
    parts += [f"# config.yaml\ncaps: {{ {cap} }}" for cap in example.caps]
    parts += [f"# journeys/{path}\n{text.rstrip()}" for path, text in example.files.items()]
    return "\n\n".join(parts)


def _told(code: str, example: Example) -> tuple[str, str]:
    """What is said about the example, and the remedy."""
    files = files_of(example)
    found = without_ignored(lint(read_workspace(files), files, example.caps), files, MEANINGS.keys(), ())
    return next(((fault.message, fault.help) for fault in found if fault.rule == code), ("", ""))


@cache
def _examples() -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return found
