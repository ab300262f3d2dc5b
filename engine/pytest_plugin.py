"""The plug-in of pytest: in a shop's repository, `pytest journeys/` runs each test of each tests.yaml.

pytest loads it by the entry point `journeys`, and so in every project of the environment; therefore nothing
of the engine is imported before the tests of a journey are met. `-p no:journeys`, or `journeys = false` in
pytest's own settings, turns it off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

_SETTING = "journeys"
_ROOT = "journeys"  # the folder of a workspace; language.workspace has the word too, but is not imported yet


def pytest_addoption(parser: pytest.Parser) -> None:
    """The setting that turns the plug-in off."""
    parser.addini(_SETTING, "Collect the tests.yaml of journeys.", type="bool", default=True)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """journeys/ID/tests.yaml, and journeys/ID.tests.yaml of a journey without a folder."""
    if not file_path.name.endswith("tests.yaml") or not parent.config.getini(_SETTING):
        return None
    journey = _journey_of(file_path)
    if journey is None or not journey.is_file():
        return None
    return JourneyTestsFile.from_parent(parent, path=file_path)


def _journey_of(path: Path) -> Path | None:
    """The journey that a file of tests belongs to, by the layout of a workspace."""
    if path.name == "tests.yaml" and path.parent.parent.name == _ROOT:
        return path.with_name("journey.yaml")
    if path.name.endswith(".tests.yaml") and path.parent.name == _ROOT:
        return path.with_name(path.name.removesuffix(".tests.yaml") + ".yaml")
    return None


# --- what is collected ----------------------------------------------------------------------------


class JourneyTestsFile(pytest.File):
    """One tests.yaml. Its tests run together, when the first of them does: a journey is bound once."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self._tried: list[Any] | None = None

    @property
    def journey(self) -> str:
        """Of the journey: its folder, or the name of its file."""
        name = self.path.name
        return self.path.parent.name if name == "tests.yaml" else name.removesuffix(".tests.yaml")

    def collect(self) -> Iterator[pytest.Item]:
        """One item for each test; a file without any that can be read is one item, which fails."""
        workspace = _shop_of(self).workspace
        names = [(test.name, test.position.line) for test in workspace.tests.get(self.journey, ())]
        if not names and workspace.test_faults.get(self.journey):
            names = [("tests.yaml", 1)]
        for index, (name, line) in enumerate(names):
            yield JourneyTestItem.from_parent(self, name=name, index=index, line=line)

    def tried(self, index: int) -> Any:
        """How a test went."""
        if self._tried is None:
            self._tried = _shop_of(self).run(self.journey)
        return self._tried[index]


class JourneyTestItem(pytest.Item):
    """One test of a journey."""

    def __init__(self, *, index: int, line: int, **more: Any) -> None:
        super().__init__(**more)
        self._index = index
        self._line = line

    def runtest(self) -> None:
        """Fail where the journey did something else than the test expects."""
        assert isinstance(self.parent, JourneyTestsFile)  # noqa: S101  # it made this item
        tried = self.parent.tried(self._index)
        if not tried.passed:
            raise _DiffersError(tried)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The words of `journeys test` instead of a traceback through this file."""
        if isinstance(excinfo.value, _DiffersError):
            return "\n".join(_told(excinfo.value.args[0]))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The place of the test in its file, and the heading of a failure."""
        return self.path, self._line - 1, self.name


class _DiffersError(Exception):
    """A test that did not pass; carries how it went."""


def _told(tried: Any) -> list[str]:
    from engine.service.excerpt import excerpt

    lines = [f"{tried.place}: {tried.name}" if tried.place else str(tried.name)]
    lines += [f"  {difference.words}" for difference in tried.differences]
    if tried.story:
        lines += [f"  what happened, in {tried.zone.key}:", *(f"    {line}" for line in excerpt(tried))]
    return lines


# --- the workspace, read once ---------------------------------------------------------------------


class _Shop:
    """A workspace as it is on disk, with what its tests are run with."""

    def __init__(self, folder: Path) -> None:
        from engine.language.workspace import read_workspace
        from engine.service.config_file import load_settings
        from engine.service.files import read_files
        from engine.service.letters import unsubscribe_link_of

        settings = load_settings(folder, os.environ)
        self.files: Mapping[str, bytes] = read_files(folder)
        self.workspace = read_workspace(self.files)
        self._limits = settings.policy()
        self._link = settings.unsubscribe or unsubscribe_link_of(self.workspace.catalog)

    def run(self, id: str) -> list[Any]:
        """The results of one journey's tests, in the order of their file."""
        from engine.service.journey_tests import run_tests

        return [
            result
            for run in run_tests(self.workspace, self.files, self._limits, self._link, [id])
            for result in run.results
        ]


_SHOPS = pytest.StashKey[dict[Path, _Shop]]()


def _shop_of(file: JourneyTestsFile) -> _Shop:
    """The workspace around a file of tests. A config that cannot be read stops the file, in words."""
    from engine.errors import JourneysError

    root = file.path.parent if file.path.name != "tests.yaml" else file.path.parent.parent
    shops = file.config.stash.setdefault(_SHOPS, {})
    try:
        return shops.setdefault(root.parent, shops.get(root.parent) or _Shop(root.parent))
    except JourneysError as error:
        raise file.CollectError(f"{error.message}. {error.help}".strip()) from None
