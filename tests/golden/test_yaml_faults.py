"""Pairs of a faulty file and the faults found in it, word for word, since the words are for people."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from engine.language import yaml_text
from engine.language.front_matter import read_front_matter
from engine.language.yaml_rules import RULES, TOO_LARGE
from engine.language.yaml_text import read_yaml
from engine.model.fault import Fault

FOLDER = Path(__file__).parent / "yaml"
FILES = sorted(file for file in FOLDER.iterdir() if file.suffix in (".yaml", ".md"))
WRITE = ".venv/bin/python -m tests.golden.test_yaml_faults"


def told(file: Path) -> str:
    """The faults of a file, each on a line, with what to do about it on the next."""
    return "".join(line(fault) for fault in faults(file))


def faults(file: Path) -> tuple[Fault, ...]:
    if file.suffix == ".md":
        return read_front_matter(file.read_bytes(), file.name)[0].faults
    return read_yaml(file.read_bytes(), file.name).faults


def line(fault: Fault) -> str:
    place = f"{fault.position.line}:{fault.position.column}"
    severity = "" if fault.severity == "error" else f" ({fault.severity})"
    return f"{place} {fault.rule}{severity} {fault.message}\n    {fault.help}\n"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_faults_of_each_file_are_told_word_for_word(file: Path) -> None:
    expected = file.with_suffix(".txt").read_text(encoding="utf-8")
    assert told(file) == expected, f"If the new words are meant, run {WRITE} and read the difference."


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_without_the_c_library_the_same_is_found(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_text, "LOADER", yaml.SafeLoader)
    assert told(file) == file.with_suffix(".txt").read_text(encoding="utf-8")


def test_every_rule_has_a_file() -> None:
    told_of = "".join(file.with_suffix(".txt").read_text(encoding="utf-8") for file in FILES)
    missing = set(RULES) - set(re.findall(r"J0\d\d", told_of))
    assert missing == {TOO_LARGE}  # has a test of its own, without a file of 1 MiB


def test_there_is_no_expectation_without_its_file() -> None:
    assert {file.stem for file in FOLDER.glob("*.txt")} == {file.stem for file in FILES}


if __name__ == "__main__":
    for faulty in FILES:
        faulty.with_suffix(".txt").write_text(told(faulty), encoding="utf-8")
    print(f"{len(FILES)} files written.")
