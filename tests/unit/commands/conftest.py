"""A workspace as `journeys init` makes it, and the program called as by its command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.commands.main import main
from engine.service.starter import make_workspace

#: Arguments → exit code, standard output, standard error.
Journeys = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The workspace; the shell stands in it."""
    make_workspace(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def journeys(capsys: pytest.CaptureFixture[str]) -> Journeys:
    """The program."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(list(arguments))
        said = capsys.readouterr()
        return code, said.out, said.err

    return run
