"""The floors of `engine/`: what may import what, checked over the source itself and drawn in docs/floors.md.

`python -m tests.unit.test_floors --write` draws the table again.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "engine"
DRAWING = ROOT / "docs" / "floors.md"
REDRAW = "`python -m tests.unit.test_floors --write`"

# From top to bottom: a room imports only rooms of lower floors; rooms of one floor are strangers.
FLOORS: tuple[dict[str, str], ...] = (
    {
        "commands": "a door: one file per verb of the command line",
        "pytest_plugin": "a door: in a shop's repository pytest runs the tests of journeys",
    },
    {"web": "a door: HTTP routes and pages"},
    {"service": "the loops, simulate, test, backtest; clock, settings, timetable"},
    {
        "store": "a window: SQL",
        "channels": "a window: ways out",
        "messages": "a window: templates",
        "intake": "a window: ways in",
    },
    {"language": "text in, journey out: schema, read, lint rules, compare"},
    {"core": "pure decisions: enter, advance, leave, permit, carry, retry"},
    {"steps": "pure: what a step does", "triggers": "pure: who enters"},
    {"conditions": "pure: what holds, as a closure and as a predicate"},
    {
        "calendar": "pure: wall clocks, zones, quiet hours",
        "bounces": "pure: what a mail that came back says",
    },
    {"model": "frozen words: contact, event, journey, position, result, …"},
    {"errors": "the tree of every deliberate error"},
)
HEIGHT = {room: -floor for floor, rooms in enumerate(FLOORS) for room in rooms}
ENTRANCE = "engine"  # engine/__init__.py: every room may import it, so it imports no room
HEIGHT[ENTRANCE] = -len(FLOORS)

PURE = ("model", "calendar", "bounces", "conditions", "steps", "triggers", "core")
# fmt: off
OUTSIDE_WORLD = frozenset({
    "alembic", "asyncio", "click", "jsonschema", "jsonschema_rs", "logging", "os", "pathlib", "psycopg",
    "random", "secrets", "shutil", "socket", "sqlalchemy", "sqlite3", "sqlmodel", "subprocess", "tempfile",
    "threading", "time", "uuid", "yaml",
})
# fmt: on
CLOCKS = frozenset({"now", "utcnow", "today"})
CHANCE = frozenset({"uuid1", "uuid4", "urandom", "token_hex", "token_urlsafe"})
SIDE_DOORS = frozenset({"open", "print", "input", "exec", "eval", "breakpoint"})

# Where a library is at home: a file, or a folder with everything in it.
HOMES = {
    "cronsim": "engine/calendar/cron.py",
    "apscheduler": "engine/service/timetable.py",
    "aiosmtplib": "engine/channels/email.py",
    "httpcore": "engine/channels/http/wire.py",
    "mrml": "engine/messages/mjml.py",
    "yaml": "engine/language/",
    "jsonschema": "engine/language/",
    "jsonschema_rs": "engine/language/shape.py",
    "click": "engine/commands/",
    "prometheus_client": "engine/web/metrics.py",
    "starlette": "engine/web/",
    "uvicorn": "engine/web/",
    "sqlmodel": "engine/store/",
    "sqlalchemy": "engine/store/",
    "alembic": "engine/store/",
}
EMPTY_NAMES = frozenset({"utils", "util", "common", "helpers", "helper", "manager", "managers"})


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its path from the root of the project, and its syntax."""

    path: str
    tree: ast.Module

    @property
    def room(self) -> str:
        return ENTRANCE if self.path == "engine/__init__.py" else self.path.split("/")[1].removesuffix(".py")

    @property
    def package(self) -> list[str]:
        """The dotted name that `from . import x` starts from."""
        return self.path.split("/")[:-1]


@dataclass(frozen=True, slots=True)
class Import:
    """One imported dotted name, as far as it is known: `from engine import store` is `engine.store`."""

    name: str
    line: int

    @property
    def library(self) -> str:
        return self.name.split(".")[0]

    @property
    def room(self) -> str | None:
        """The room of the engine that it leads to; None for everybody else's libraries."""
        parts = self.name.split(".")
        if parts[0] != "engine":
            return None
        return parts[1] if len(parts) > 1 and parts[1] in HEIGHT else ENTRANCE


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule of the house, told so that the line can be found and mended."""

    path: str
    line: int
    words: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.words}"


# --- reading ---


def modules() -> list[Module]:
    return [
        Module(file.relative_to(ROOT).as_posix(), ast.parse(file.read_text(encoding="utf-8"), str(file)))
        for file in sorted(ENGINE.rglob("*.py"))
    ]


def imports(module: Module) -> Iterator[Import]:
    """Every import of the file, however deep inside a function, and those spelled as text."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Import(names=names):
                yield from (Import(name.name, node.lineno) for name in names)
            case ast.ImportFrom(names=names):
                origin = _origin(module, node)
                yield from (Import(f"{origin}.{name.name}", node.lineno) for name in names)
            case ast.Call(args=[ast.Constant(value=str(name)), *_]) if _last_name(node.func) in (
                "import_module",
                "__import__",
            ):
                yield Import(name, node.lineno)


def _origin(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    start = module.package[: len(module.package) - node.level + 1]
    return ".".join([*start, *([node.module] if node.module else [])])


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


# --- the rules ---


def breaches(module: Module) -> list[Breach]:
    rules = (
        climbing,
        homeless,
        impure_imports,
        hidden_clocks,
        hidden_inputs,
        empty_names,
        hidden_cycles,
        silent,
    )
    return [Breach(module.path, line, words) for rule in rules for line, words in rule(module)]


Finding = tuple[int, str]


def climbing(module: Module) -> Iterator[Finding]:
    if module.room not in HEIGHT:
        yield 1, f"{module.room} is no room of the house; the rooms are {', '.join(HEIGHT)}"
        return
    for it in imports(module):
        if it.room is None or it.room in (module.room, ENTRANCE):
            continue
        if HEIGHT[it.room] > HEIGHT[module.room]:
            yield (
                it.line,
                f"imports {it.name}, which climbs: {it.room} is above {module.room}; {_may(module.room)}",
            )
        elif HEIGHT[it.room] == HEIGHT[module.room]:
            yield (
                it.line,
                f"imports {it.name}: {it.room} and {module.room} are on one floor and strangers; "
                "move the shared word down, often to model, or join them in a room above",
            )


def _may(room: str) -> str:
    below = [other for other in HEIGHT if HEIGHT[other] < HEIGHT[room] and other != ENTRANCE]
    return f"{room} may import only {', '.join(below)}" if below else f"{room} imports no other room"


def homeless(module: Module) -> Iterator[Finding]:
    for it in imports(module):
        home = HOMES.get(it.library)
        if home and module.path != home and not (home.endswith("/") and module.path.startswith(home)):
            yield it.line, f"imports {it.name}: {it.library} is used only in {home}"


def impure_imports(module: Module) -> Iterator[Finding]:
    if module.room not in PURE:
        return
    for it in imports(module):
        if it.library in OUTSIDE_WORLD:
            yield (
                it.line,
                f"imports {it.name}, but {module.room} is pure: what it needs of the outside world "
                "comes in as an argument",
            )


def hidden_clocks(module: Module) -> Iterator[Finding]:
    """`datetime.now` even where it is only handed on, and a call of `now()` on whatever may be a clock."""
    if module.room not in PURE:
        return
    date_types = _names_of_date_types(module)
    called = {id(node.func) for node in ast.walk(module.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Attribute) or node.attr not in CLOCKS:
            continue
        if id(node) in called or _last_name(node.value) in date_types:
            yield (
                node.lineno,
                f"{ast.unparse(node)} hides a clock: {module.room} is pure, take `now` as an argument",
            )


def _names_of_date_types(module: Module) -> set[str]:
    """`datetime` and `date`, under whatever names this file imports them."""
    aliases = {
        name.asname or name.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "datetime"
        for name in node.names
        if name.name in ("datetime", "date")
    }
    return aliases | {"datetime", "date"}


def hidden_inputs(module: Module) -> Iterator[Finding]:
    if module.room not in PURE:
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        name = _last_name(node.func)
        if name in CHANCE:
            yield node.lineno, f"{name}() hides chance: in {module.room} chance is a hash of what is known"
        elif isinstance(node.func, ast.Name) and name == "hash":
            yield node.lineno, "hash() of a text differs in every process; use hashlib, so that it repeats"
        elif isinstance(node.func, ast.Name) and name in SIDE_DOORS:
            yield node.lineno, f"{name}() is a side door to the outside world, and {module.room} is pure"


def empty_names(module: Module) -> Iterator[Finding]:
    for part in module.path.removesuffix(".py").split("/"):
        if part in EMPTY_NAMES:
            yield 1, f"{part} says nothing about what is inside; name the file after the one thing it tells"


def hidden_cycles(module: Module) -> Iterator[Finding]:
    for node in ast.walk(module.tree):
        match node:
            case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
                yield node.lineno, "TYPE_CHECKING hides a cycle; move the shared word down to model"


def silent(module: Module) -> Iterator[Finding]:
    if not ast.get_docstring(module.tree):
        yield 1, "has no docstring; the first line is what you would tell a new colleague in the lift"


# --- the drawing ---


def drawing(house: list[Module]) -> str:
    """The floors as a table: how many modules each room holds, and which rooms they import."""
    head = dedent(
        f"""\
        # Floors

        Generated by `tests/unit/test_floors.py` from the source; {REDRAW} writes it again.

        A room imports only rooms of lower floors, and rooms of one floor are strangers. The rooms from `core`
        down to `model` are pure: no clock, no chance, no files, no database.

        | floor | room | modules | what lives there | imports |
        | ---: | --- | ---: | --- | --- |
        """
    )
    rows = [
        _row(len(FLOORS) - floor, room, what, [module for module in house if module.room == room])
        for floor, rooms in enumerate(FLOORS)
        for room, what in rooms.items()
    ]
    return head + "\n".join(rows) + "\n"


def _row(floor: int, room: str, what: str, inside: list[Module]) -> str:
    reached = {it.room for module in inside for it in imports(module)} - {None, room, ENTRANCE}
    lower = ", ".join(other for other in HEIGHT if other in reached)
    return f"| {floor} | `{room}` | {len(inside)} | {what} | {lower or '—'} |"


# --- the house as it stands ---


def test_nothing_climbs_and_no_rule_of_the_house_is_broken() -> None:
    house = modules()
    assert house, f"no source was found in {ENGINE}"
    found = [breach for module in house for breach in breaches(module)]
    assert not found, "\n" + "\n".join(map(str, found))


def test_the_drawing_of_the_floors_is_fresh() -> None:
    drawn = DRAWING.read_text(encoding="utf-8") if DRAWING.exists() else ""
    assert drawn == drawing(modules()), f"docs/floors.md is stale; {REDRAW} writes it again"


# --- a check that can fail: made-up sources ---


def words_about(path: str, source: str) -> list[str]:
    module = Module(path, ast.parse('"""Made up."""\n' + dedent(source)))
    return [str(breach) for breach in breaches(module)]


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        ("engine/core/enter.py", "from engine.store.positions import load", "store is above core"),
        ("engine/core/enter.py", "from engine import service", "service is above core"),
        ("engine/core/enter.py", "def late():\n    import engine.web.pages", "web is above core"),
        ("engine/core/enter.py", "from ..language import read", "language is above core"),
        (
            "engine/core/enter.py",
            "load('engine.store')\nimport_module('engine.store')",
            "store is above core",
        ),
        ("engine/errors.py", "from engine.model import fault", "errors imports no other room"),
        ("engine/web/pages.py", "from engine.commands import main", "commands is above web"),
        ("engine/steps/wait.py", "from engine.triggers import event", "on one floor and strangers"),
        ("engine/channels/sms.py", "from engine.store import outbox", "on one floor and strangers"),
        ("engine/__init__.py", "from engine.model import contact", "model is above engine"),
        ("engine/attic/box.py", "", "attic is no room of the house"),
    ],
)
def test_an_import_that_climbs_is_found(path: str, source: str, words: str) -> None:
    [told] = words_about(path, source)
    assert told.startswith(f"{path}:")
    assert words in told


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        ("engine/service/walk.py", "import apscheduler", "used only in engine/service/timetable.py"),
        ("engine/channels/sms.py", "from aiosmtplib import SMTP", "used only in engine/channels/email.py"),
        ("engine/store/rows.py", "from yaml import safe_load", "used only in engine/language/"),
        ("engine/service/walk.py", "import jsonschema.validators", "used only in engine/language/"),
        ("engine/service/walk.py", "import click", "used only in engine/commands/"),
        ("engine/service/walk.py", "from sqlmodel import Session", "used only in engine/store/"),
        ("engine/service/walk.py", "import sqlalchemy.orm", "used only in engine/store/"),
        ("engine/service/walk.py", "import alembic", "used only in engine/store/"),
    ],
)
def test_a_library_away_from_home_is_found(path: str, source: str, words: str) -> None:
    [told] = words_about(path, source)
    assert words in told


@pytest.mark.parametrize("library", ["os", "logging", "random", "uuid", "time", "os.path"])
@pytest.mark.parametrize("room", PURE)
def test_the_outside_world_is_found_on_a_pure_floor(room: str, library: str) -> None:
    [told] = words_about(f"engine/{room}/made_up.py", f"import {library}")
    assert f"{room} is pure" in told


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("datetime.now(UTC)", "hides a clock"),
        ("import datetime as dt\ndt.datetime.utcnow()", "hides a clock"),
        ("from datetime import date as day\nday.today()", "hides a clock"),
        ("field(default_factory=datetime.now)", "hides a clock"),
        ("clock.now()", "hides a clock"),
        ("uuid4()", "hides chance"),
        ("made.uuid4()", "hides chance"),
        ("hash('ada')", "differs in every process"),
        ("open('/etc/passwd')", "side door"),
    ],
)
def test_a_hidden_clock_or_chance_is_found_on_a_pure_floor(source: str, words: str) -> None:
    [told] = words_about("engine/core/advance.py", source)
    assert words in told
    assert not words_about("engine/service/clock.py", source)


@pytest.mark.parametrize(
    ("path", "source", "words"),
    [
        ("engine/model/utils.py", "", "utils says nothing"),
        ("engine/service/helpers/text.py", "", "helpers says nothing"),
        (
            "engine/model/event.py",
            "from typing import TYPE_CHECKING as T\nif TYPE_CHECKING: pass",
            "hides a cycle",
        ),
        ("engine/model/event.py", "import typing\nif typing.TYPE_CHECKING: pass", "hides a cycle"),
    ],
)
def test_empty_names_and_hidden_cycles_are_found(path: str, source: str, words: str) -> None:
    [told] = words_about(path, source)
    assert words in told


def test_a_module_without_a_docstring_is_found() -> None:
    [breach] = breaches(Module("engine/model/event.py", ast.parse("import re")))
    assert "no docstring" in breach.words


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("engine/commands/run.py", "import click\nfrom engine import __version__"),
        ("engine/commands/run.py", "from engine.web import pages"),
        ("engine/core/advance.py", "from engine.steps import table\nfrom . import enter"),
        ("engine/calendar/zones.py", "from datetime import datetime, time\ndatetime.combine(day, time(9))"),
        ("engine/core/enter.py", "due = view.now\nimport hashlib"),
        ("engine/service/timetable.py", "from apscheduler.schedulers.asyncio import AsyncIOScheduler"),
        ("engine/store/versions/v0001_first.py", "import sqlalchemy as sa\nfrom alembic import op"),
    ],
)
def test_what_the_house_allows_is_left_alone(path: str, source: str) -> None:
    assert words_about(path, source) == []


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("Write docs/floors.md again with: python -m tests.unit.test_floors --write")
    DRAWING.write_text(drawing(modules()), encoding="utf-8")
    print(f"Wrote {DRAWING.relative_to(ROOT)}")
