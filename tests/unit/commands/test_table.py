"""The table of verbs: complete, in step with its files, and quick to read."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click
import pytest

import engine.commands
from engine.commands.main import main
from engine.commands.options import Verb
from engine.commands.table import LATER, VERBS

FOLDER = Path(engine.commands.__file__).parent


def commands(command: click.Command) -> list[click.Command]:
    inner = command.commands.values() if isinstance(command, click.Group) else []
    return [command, *(one for child in inner for one in commands(child))]


@pytest.mark.parametrize("name", VERBS)
def test_a_line_leads_to_a_command_of_that_name(name: str) -> None:
    command = import_module(VERBS[name].module).command
    assert command.name == name
    assert command.help
    assert len(VERBS[name].summary) <= 65
    assert VERBS[name].summary.endswith(".")


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_takes_the_global_options(name: str) -> None:
    for command in commands(import_module(VERBS[name].module).command):
        assert isinstance(command, Verb | click.Group), command.name


def test_every_file_with_a_command_stands_in_the_table() -> None:
    listed = {line.module.rpartition(".")[2] for line in VERBS.values()}
    found = {file.stem for file in FOLDER.glob("*.py") if "\n@click.pass_obj\n" in file.read_text("utf-8")}
    assert found == listed


def test_no_verb_is_both_here_and_to_come() -> None:
    assert not LATER & set(VERBS)


@pytest.mark.parametrize("name", sorted(LATER))
def test_a_verb_to_come_is_refused_by_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "something", "--odd"]) == 2
    assert f"`journeys {name}` does not run in this version yet" in capsys.readouterr().err


def test_an_unknown_verb_gets_a_suggestion(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["valdate"]) == 2
    assert "There is no verb `valdate`. Did you mean `validate`?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("word", "ours"),
    [("lint", "validate"), ("check", "validate"), ("deploy", "apply"), ("why", "contact why")],
)
def test_words_of_other_tools_lead_to_ours(word: str, ours: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word]) == 2
    assert f"There is no verb `{word}`. What you mean is `journeys {ours}`." in capsys.readouterr().err


def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for name, line in VERBS.items():
        assert f"  {name} " in said
        assert line.summary.split()[0] in said
