"""The reference of the language: a page for each step, trigger and condition, written from the tables.

`python -m tests.golden.test_language_reference --write` writes docs/reference/{steps,triggers,conditions}
again. Every example on these pages is read, checked and simulated here.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent
from typing import Any

import pytest

from engine.conditions.contract import Kind
from engine.conditions.operators import OPERATORS
from engine.conditions.table import KINDS
from engine.language.shapes.kinds import STEP_KEYS
from engine.language.workspace import read_workspace
from engine.model.contact import Contact
from engine.model.event import Event
from engine.model.policy import Policy
from engine.service.faults import all_faults
from engine.service.letters import Letters
from engine.service.simulate import Simulation, simulate, world_of
from engine.service.versions import bind_version
from engine.steps.contract import StepType
from engine.steps.table import STEPS
from engine.triggers.contract import TriggerType
from engine.triggers.table import TRIGGERS
from tests.golden.test_fault_reference import meanings

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine"
FOLDER = ROOT / "docs" / "reference"
REWRITE = "`python -m tests.golden.test_language_reference --write`"

#: What the schemas share, in words and with a link to where more is said.
SHARED = {
    "condition": "a [condition](../conditions/README.md)",
    "comparison": "a value, or operators",
    "duration": "a duration such as `2 days`",
    "steps": "a list of steps",
    "step": "a step",
}
TYPES = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "`true` or `false`",
    "array": "a list",
    "object": "keys with values",
    "null": "nothing",
}
#: Modules that every kind of a room stands on; their faults belong to none of them.
GENERAL = frozenset({"contract", "rules", "table", "schema", "names", "wording"})


@dataclass(frozen=True, slots=True)
class Page:
    """What a page tells, whichever table it comes from."""

    folder: str
    name: str
    title: str
    summary: str
    example: str
    keys: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    module: str
    more: str = ""


# --- from the tables ------------------------------------------------------------------------------


def pages() -> list[Page]:
    return [
        *(_of_step(kind) for kind in STEPS.values()),
        *(_of_trigger(kind) for kind in TRIGGERS.values()),
        *(_of_condition(kind) for kind in KINDS),
    ]


def _of_step(kind: StepType) -> Page:
    return Page(
        "steps",
        kind.word,
        f"The step `{kind.word}`",
        kind.summary,
        kind.example,
        {**kind.schema, **STEP_KEYS},
        ("id", *kind.required),
        inspect.getmodule(kind.read).__name__,  # type: ignore[union-attr]  # every function has one
    )


def _of_trigger(kind: TriggerType) -> Page:
    module = inspect.getmodule(kind.read).__name__  # type: ignore[union-attr]
    title = f"The trigger `{kind.word}`"
    return Page("triggers", kind.word, title, kind.summary, kind.example, kind.schema, (kind.word,), module)


def _of_condition(kind: Kind) -> Page:
    module = inspect.getmodule(kind.read).__name__  # type: ignore[union-attr]
    keys = {f"{root}.…": _of_root(kind, root) for root in kind.roots} | dict(kind.schema)
    more = _operators() if kind.roots else ""
    return Page(
        "conditions",
        kind.name,
        f"Conditions: {kind.name}",
        kind.summary,
        kind.example,
        keys,
        (),
        module,
        more,
    )


def _of_root(kind: Kind, root: str) -> Mapping[str, Any]:
    return next(schema for pattern, schema in kind.path_schema.items() if root in pattern)


def _operators() -> str:
    rows = [f"| `{word}` | {one.summary} | `{word}: {one.example}` |" for word, one in OPERATORS.items()]
    return (
        "\n## Operators\n\n| operator | holds when | example |\n| --- | --- | --- |\n"
        + "\n".join(rows)
        + "\n"
    )


# --- a page ---------------------------------------------------------------------------------------


def text_of(page: Page) -> str:
    parts = [
        f"# {page.title}\n\n{page.summary}\n\n```yaml\n{page.example}```\n",
        "\n## Keys\n\n| key | takes | meaning |\n| --- | --- | --- |\n",
        *(_row(key, schema, page) for key, schema in page.keys.items()),
        page.more,
        _faults(page),
        f"\nThis page is written by {REWRITE}.\n",
    ]
    return "".join(parts)


def _row(key: str, schema: Mapping[str, Any], page: Page) -> str:
    meaning = schema.get("description", "")
    if key in page.required:
        meaning = f"Required. {meaning}".strip()
    example = next(iter(schema.get("examples", ())), None)
    if isinstance(example, str | int | float) and f"`{example}`" not in meaning:
        meaning = f"{meaning} For example `{key}: {_plain(example)}`.".strip()
    cells = (f"`{key}`", words_of(schema), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _plain(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def words_of(schema: Mapping[str, Any]) -> str:
    """What a key takes, in words."""
    if "$ref" in schema:
        return SHARED[schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return _either(f"`{_plain(value)}`" for value in schema["enum"])
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and "type" not in schema:
            return _either(words_of(one) for one in schema[word])
    types = schema.get("type", "object")
    return _either(TYPES[one] for one in (types if isinstance(types, list) else [types]))


def _either(words: Iterator[str] | list[str] | Any) -> str:
    unique = list(dict.fromkeys(words))
    return " or ".join((", ".join(unique[:-1]), unique[-1])) if len(unique) > 1 else unique[0]


def _faults(page: Page) -> str:
    known = meanings()
    rows = [f"* [{code}](../faults.md#{code.lower()}): {known[code]}\n" for code in sorted(faults_of(page))]
    return "\n## Faults\n\n" + "".join(rows) if rows else ""


def faults_of(page: Page) -> set[str]:
    """The codes that the page's own module names, or a module of its room that only serves such."""
    room = page.module.rpartition(".")[0]
    homes = {one.module for one in pages() if one.module.startswith(room)} - {page.module}
    waiting, seen, names = [page.module], set[str](), set[str]()
    while waiting:
        module = waiting.pop()
        if module in seen or module in homes or module.rpartition(".")[2] in GENERAL:
            continue
        seen.add(module)
        tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
        names |= set(_rules_named(tree))
        waiting += [name for name in _imported(tree) if name.startswith(f"{room}.")]
    table = vars(sys.modules[f"{room}.rules"])
    return {table[name] for name in names if isinstance(table.get(name), str) and table[name] in meanings()}


def _rules_named(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="rules"), attr=name):
                yield name
            case ast.ImportFrom(module=module, names=names) if (module or "").endswith(".rules"):
                yield from (one.name for one in names)


def _imported(tree: ast.Module) -> Iterator[str]:
    return (node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module)


TITLES = {"steps": "Steps", "triggers": "Triggers", "conditions": "Conditions"}


def written() -> dict[str, str]:
    """Every page by its path in docs/reference, with a list of each folder's pages."""
    found = {f"{page.folder}/{page.name}.md": text_of(page) for page in pages()}
    for folder, title in TITLES.items():
        lines = [
            f"* [{page.name}]({page.name}.md): {page.summary}" for page in pages() if page.folder == folder
        ]
        found[f"{folder}/README.md"] = f"# {title}\n\n" + "\n".join(lines) + f"\n\nWritten by {REWRITE}.\n"
    return found


def on_disk() -> dict[str, str]:
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for folder in TITLES
        for path in sorted((FOLDER / folder).glob("*.md"))
    }


def write() -> None:
    for name in on_disk().keys() - written().keys():
        (FOLDER / name).unlink()
    for name, text in written().items():
        (FOLDER / name).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / name).write_text(text, encoding="utf-8")


# --- the pages are fresh and right ----------------------------------------------------------------


def test_the_pages_are_fresh() -> None:
    assert on_disk() == written(), f"docs/reference is stale; {REWRITE} writes it again"


@pytest.mark.parametrize("page", pages(), ids=lambda page: f"{page.folder}-{page.name}")
def test_every_key_is_explained(page: Page) -> None:
    for key, schema in page.keys.items():
        assert schema.get("description"), key


@pytest.mark.parametrize("page", pages(), ids=lambda page: f"{page.folder}-{page.name}")
def test_every_fault_on_a_page_is_in_the_reference_of_faults(page: Page) -> None:
    told = (FOLDER / "faults.md").read_text(encoding="utf-8")
    for code in faults_of(page):
        assert f"### {code}\n" in told


def test_faults_stand_where_a_reader_looks_for_them() -> None:
    """By hand: a few whose place is beyond doubt."""
    by_name = {f"{page.folder}/{page.name}": faults_of(page) for page in pages()}
    assert {"J350", "J354", "J355", "J356"} <= by_name["steps/wait"]
    assert {"J310", "J311"} <= by_name["steps/branch"]
    assert {"J320", "J321"} <= by_name["steps/split"]
    assert {"J370", "J374", "J375"} <= by_name["steps/send"]
    assert {"J430", "J431"} & by_name["conditions/history"]
    assert "J410" in by_name["conditions/comparison"]
    assert not {"J320", "J370"} & by_name["steps/wait"]


# --- the examples run -----------------------------------------------------------------------------

#: What examples may name besides what stands in them. Without a catalog any name of the shop will do.
BESIDE = {
    "journeys/segments.yaml": "vip: { when: { contact.orders: { gte: 5 } } }\n",
    "journeys/lifecycle.yaml": "stages:\n"
    "  - { id: retention, when: { did: Order Completed, within: 90 days } }\n"
    "  - { id: at-risk, when: { did: Order Completed } }\n",
    "journeys/welcome-series.yaml": "dsl: 1\njourney: welcome-series\ntrigger: { manual: true }\n"
    "steps:\n  - { id: pause, wait: 1 day }\n",
}
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADA = Contact(
    "ada",
    "ada@shop.example",
    timezone="Europe/Zurich",
    attributes={"orders": 1, "country": "CH", "score": 1, "tags": ["new"], "interests": ["ski"]},
    topics={"newsletter": True},
)
HEAD = "dsl: 1\njourney: demo\n"
TRIGGER = "trigger: { manual: true }\n"
PAUSE = "steps:\n  - { id: pause, wait: 1 day }\n"


def journey_of(page: Page) -> str:
    """A journey around the example of a page."""
    match page.folder:
        case "steps":
            return HEAD + TRIGGER + "steps:\n" + indent(page.example, "  ")
        case "triggers":
            return HEAD + page.example + PAUSE
        case _:
            return HEAD + TRIGGER + "enter_when:\n" + indent(page.example, "  ") + PAUSE


def lived(text: str) -> Simulation:
    """Ada's sixty days in a journey, with an event of every name that it may wait for."""
    files = {name: content.encode() for name, content in (BESIDE | {"journeys/demo.yaml": text}).items()}
    workspace = read_workspace(files)
    errors = [fault for fault in all_faults(workspace, files) if fault.severity == "error"]
    assert errors == []
    journey = workspace.journeys["demo"]
    assert journey.compiled is not None
    assert journey.version is not None
    version = bind_version(journey.compiled, journey.version, "live")
    names = sorted({trigger.event for trigger in version.journey.triggers if trigger.event})
    events = [
        Event(f"e{number}", "ada", name, START, START, {"items_count": 2, "cart_id": "c1"})
        for number, name in enumerate(names)
    ]
    world = world_of([version], workspace.catalog, workspace.segments, Policy(), workspace.lifecycle)
    letters = Letters(workspace.catalog, "mailto:help@shop.example")
    return simulate(world, version, letters, ADA, [], events, START, START + timedelta(days=60))


@pytest.mark.parametrize(
    "page", [page for page in pages() if page.folder == "steps"], ids=lambda page: page.name
)
def test_the_example_of_a_step_is_lived_through(page: Page) -> None:
    simulation = lived(journey_of(page))
    assert simulation.case.enrollments[0].reason == "completed"
    assert simulation.failures == {}


@pytest.mark.parametrize(
    "page", [page for page in pages() if page.folder == "triggers"], ids=lambda page: page.name
)
def test_the_example_of_a_trigger_lets_somebody_in_or_waits(page: Page) -> None:
    simulation = lived(journey_of(page))
    if page.name in ("event", "manual"):  # others wait for a day or for something to change
        assert len(simulation.case.enrollments) == 1


@pytest.mark.parametrize(
    "page", [page for page in pages() if page.folder == "conditions"], ids=lambda page: page.name
)
def test_the_example_of_a_condition_is_asked(page: Page) -> None:
    simulation = lived(journey_of(page))
    refused = [entry for entry in simulation.case.traces if entry.line.did == "not_entered"]
    assert len(simulation.case.enrollments) + len(refused) == 1


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"Write docs/reference again with: {REWRITE}")
    write()
    print(f"Wrote {len(written())} pages below {FOLDER.relative_to(ROOT)}")
