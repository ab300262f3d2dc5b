"""Errors at the door: one line, what to do, the right exit code; and a report that keeps secrets."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from engine.commands import door
from engine.commands.main import main
from engine.errors import FaultyError, JourneysError, LeaseError, RefusedError, StoreError, UsageError
from engine.model.fault import Fault
from engine.model.source import SourcePosition

NOW = datetime(2026, 3, 28, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("no", "do that"), 2),
        (StoreError("no", "do that"), 2),
        (RefusedError("no", "do that"), 1),
        (LeaseError("no", "do that"), 1),
        (JourneysError("no", "do that"), 1),
    ],
)
def test_a_deliberate_error_is_one_line_and_its_help(
    error: JourneysError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.tell(error) == code
    said = capsys.readouterr()
    assert said.err == "error: no\nhelp: do that\n"
    assert said.out == ""


def test_faults_follow_as_detail(capsys: pytest.CaptureFixture[str]) -> None:
    fault = Fault(SourcePosition("journeys/x.yaml", 3, 4, 3, 5), "error", "J104", "It is wrong.", "Mend it.")
    door.tell(FaultyError("x has faults", [fault], "See validate."))
    assert capsys.readouterr().err.splitlines() == [
        "error: x has faults",
        "help: See validate.",
        "journeys/x.yaml:3:4: error J104 It is wrong.",
    ]


def test_an_unexpected_error_becomes_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMTP_PASSWORD", "hunter2")

    def break_down(*_: object) -> None:
        raise ValueError("hunter2 at postgresql://shop:s3cret@db.example/shop")

    monkeypatch.setattr("engine.commands.main.import_module", break_down)
    assert main(["validate", "--contact={}", "ada@shop.example"]) == 3
    said = capsys.readouterr().err
    assert "Traceback" not in said
    [file] = tmp_path.glob("journeys-error-*.txt")
    assert str(file) in said
    report = file.read_text(encoding="utf-8")
    assert "ValueError" in report
    assert "break_down" in report
    assert "postgresql://shop:***@db.example/shop" in report
    for secret in ("hunter2", "s3cret", "ada@shop.example"):
        assert secret not in report


def test_credentials_that_are_files_are_masked_too(tmp_path: Path) -> None:
    (tmp_path / "relay").write_text("hunter2\n", encoding="utf-8")
    assert door.masked("it was hunter2", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "it was ***"


def test_ctrl_c_ends_quietly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.commands.main.import_module", interrupt)
    assert main(["validate"]) == 130
    assert capsys.readouterr().err.strip() == ""


def test_a_file_that_may_not_be_read_is_named_and_no_mistake_of_the_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "journeys/catalog.yaml")

    monkeypatch.setattr("engine.commands.context.read_files", refuse)
    assert main(["validate"]) == 2
    assert capsys.readouterr().err.startswith(
        "error: journeys/catalog.yaml cannot be used: Permission denied\nhelp: "
    )
