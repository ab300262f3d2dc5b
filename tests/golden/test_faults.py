"""Pairs of a mistake and what is said about it, word for word, since the words are for marketers.

Each file in `faults/` holds the mistake (`=== PATH` and the file, or `=== without PATH`) that is put into the
little shop of `faults/_shop`, and below `=== faults` what validation says about the whole.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from engine.language import rules, yaml_rules
from engine.language.workspace import Workspace, read_workspace
from engine.messages import rules as message_rules
from engine.model.fault import Fault
from engine.service.faults import all_faults

FOLDER = Path(__file__).parent / "faults"
SHOP = FOLDER / "_shop"
CASES = sorted(FOLDER.glob("*.txt"))
WRITE = ".venv/bin/python -m tests.golden.test_faults"

#: Mistakes that cannot be made only once: two ways with a percent sign, two texts in a list.
WITH_TWO = frozenset(
    "catalog-two-mistakes catalog-values-misfit split-percent-sign split-weight-negative"
    " trigger-list-of-texts".split()
)
#: Told by the reader of YAML and of Liquid; their own tests hold them.
OF_OTHERS = (*yaml_rules.RULES, *message_rules.RULES)

_PART = re.compile(r"^=== (.+)\n", re.MULTILINE)
_WORDS_OF_PROGRAMMERS = re.compile(
    r"\b(schema|object|instance|array|string|boolean|integer|dict|regex|None|True|False|null|mapping|token|parse)\b"
)


def read_case(file: Path) -> tuple[dict[str, bytes], str]:
    """The files of the workspace, and what is expected of them."""
    files = {
        path.relative_to(SHOP).as_posix(): path.read_bytes()
        for path in sorted(SHOP.rglob("*"))
        if path.is_file()
    }
    parts = _PART.split(file.read_text(encoding="utf-8"))[1:]
    expected = ""
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        if name == "faults":
            expected = text
        elif name.startswith("without "):
            del files[name.removeprefix("without ")]
        else:
            files[name] = text.encode()
    return files, expected


def faults_of(files: dict[str, bytes]) -> tuple[Workspace, list[Fault]]:
    workspace = read_workspace(files)
    return workspace, all_faults(workspace, files)


def told(faults: list[Fault]) -> str:
    """Each fault on a line, with what to do about it on the next."""
    lines = (
        f"{fault.position} {fault.severity} {fault.rule} {fault.message}\n    {fault.help}\n"
        for fault in faults
    )
    return "".join(lines)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_mistake_is_told_once_in_the_right_place_and_word_for_word(file: Path) -> None:
    files, expected = read_case(file)
    _, faults = faults_of(files)
    assert told(faults) == expected, f"If the new words are meant, run {WRITE} and read the difference."
    assert len(faults) == (2 if file.stem in WITH_TWO else 1)


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_every_fault_has_words_for_marketers_and_a_remedy(file: Path) -> None:
    for fault in faults_of(read_case(file)[0])[1]:
        assert fault.help
        assert re.match(r"[`A-Z{]|catalog\.yaml|segments\.yaml|lifecycle\.yaml", fault.message)
        assert fault.message.endswith((".", "?"))
        assert fault.help.endswith((".", "?"))
        words = re.sub(r"`[^`]*`", "", f"{fault.message} {fault.help}")
        assert not _WORDS_OF_PROGRAMMERS.search(words), words


@pytest.mark.parametrize("file", CASES, ids=lambda file: file.stem)
def test_a_fault_points_into_its_file(file: Path) -> None:
    files, _ = read_case(file)
    for fault in faults_of(files)[1]:
        place = fault.position
        if place.file in files:
            assert 1 <= place.line <= files[place.file].decode().count("\n") + 1


def test_every_code_of_the_language_is_told_by_some_case() -> None:
    shown = set(re.findall(r" (J\d{3}) ", "".join(read_case(file)[1] for file in CASES)))
    assert set(rules.RULES) - shown - set(OF_OTHERS) == set()
    assert shown - set(rules.RULES) - set(OF_OTHERS) == set()


def test_the_shop_itself_is_right() -> None:
    files, _ = read_case(CASES[0])
    for name in list(files):
        if (SHOP / name).is_file():
            files[name] = (SHOP / name).read_bytes()
        else:
            del files[name]
    assert faults_of(files)[1] == []


def write() -> None:
    """Tell every case anew; what changed is for a reader to judge."""
    for file in CASES:
        head = file.read_text(encoding="utf-8").partition("=== faults\n")[0]
        file.write_text(f"{head}=== faults\n{told(faults_of(read_case(file)[0])[1])}", encoding="utf-8")
    print(f"{len(CASES)} files written.")


if __name__ == "__main__":
    write()
