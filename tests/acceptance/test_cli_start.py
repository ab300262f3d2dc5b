"""The program as others start it: quick, with the right exit codes, quiet when its reader goes away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
JOURNEYS = [sys.executable, "-m", "engine.commands.main"]

pytestmark = pytest.mark.acceptance


def run(
    *arguments: str,
    folder: Path = ROOT,
    program: list[str] = JOURNEYS,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})}
    return subprocess.run(
        [*program, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        encoding="utf-8",
    )


def test_help_comes_at_once() -> None:
    """0.3 s is the promise; the best of five, because other tests run beside this one."""
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        assert run("--help").returncode == 0
        took.append(time.perf_counter() - begun)
    assert min(took) < 0.3


def test_runner_is_the_same_program() -> None:
    for program in (JOURNEYS, [sys.executable, "runner.py"]):
        assert run("--version", program=program).stdout.startswith("journeys, version ")


def test_exit_codes_reach_the_shell(tmp_path: Path) -> None:
    assert run("init", "shop", folder=tmp_path).returncode == 0
    shop = tmp_path / "shop"
    assert run("validate", folder=shop).returncode == 0
    assert run("validate", "--odd", folder=shop).returncode == 2
    assert run("forecast", folder=shop).returncode == 2
    assert run(folder=shop).returncode == 2
    (shop / "journeys/broken.yaml").write_text("dsl: 1\n", encoding="utf-8")
    assert run("validate", folder=shop).returncode == 1


def test_output_for_programs_is_alone_on_standard_output(tmp_path: Path) -> None:
    run("init", "shop", folder=tmp_path)
    done = run("-vv", "--workspace", "shop", "test", "--format", "json", folder=tmp_path)
    assert json.loads(done.stdout)["format"] == 1


def test_a_pipe_gets_no_colours_and_no_wrapped_lines(tmp_path: Path) -> None:
    run("init", "shop", folder=tmp_path)
    file = tmp_path / "shop/journeys/welcome-series/journey.yaml"
    file.write_text(file.read_text("utf-8").replace("wait: 1 day", f"wait: {'very ' * 40}long"), "utf-8")
    done = run("validate", folder=tmp_path / "shop")
    assert "\x1b" not in done.stdout
    assert any(len(line) > 120 for line in done.stdout.splitlines())


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    run("init", "shop", folder=tmp_path)
    process = subprocess.Popen(
        [*JOURNEYS, "schema"],
        cwd=tmp_path / "shop",
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(timeout=60) in (1, 141)


def test_shells_can_complete_a_verb() -> None:
    environment = {"_JOURNEYS_COMPLETE": "bash_complete", "COMP_WORDS": "journeys va", "COMP_CWORD": "1"}
    done = run(environment=environment)
    assert done.stdout == "plain,validate\n"
