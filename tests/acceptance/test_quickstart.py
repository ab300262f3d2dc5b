"""Pages of the docs are walked as they are written: each command in its order, each output compared.

python -m tests.acceptance.test_quickstart --write      writes the outputs again

What the text asks of an editor stands in comments: `<!-- write FILE: "…" becomes "…" -->`. An output
stands between `<!-- name -->` and `<!-- /name -->`; `<!-- name: 12 lines, ends with 1 -->` says that only its
beginning is shown, and the exit code where it is not 0. Blocks in lists and `make demo` are not run.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "docs" / "quickstart.md", ROOT / "docs" / "changing-a-journey.md"]
COMMAND = "python -m tests.acceptance.test_quickstart --write"

#: What the page holds for its reader to do, in the order of the page.
_DOING = re.compile(
    r"^```sh\n(?P<block>.*?)^```$"
    r'|^<!-- write (?P<file>\S+): (?P<old>".*?") becomes (?P<new>".*?") -->$'
    r"|^<!-- (?P<name>[a-z]+)(?:: (?P<options>[^>]*))? -->\n```\n(?P<shown>.*?)^```\n<!-- /(?P=name) -->$",
    re.DOTALL | re.MULTILINE,
)
#: Versions are named by a hash of their content: that they are shown matters, not which one it is.
_VERSION = re.compile(r"\b[0-9a-f]{8}\b")
_NOT_RUN = ("make demo", ". .venv/bin/activate")


@dataclass
class Walk:
    """A reader in a folder of their own; `outputs` is what the page ought to show, by name."""

    home: Path
    folder: Path = field(init=False)
    printed: str = ""
    code: int = 0
    outputs: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.copytree(ROOT / "examples" / "shop", self.home / "examples" / "shop")
        program = self.home / "bin" / "journeys"
        program.parent.mkdir()
        program.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(ROOT / "runner.py"))} "$@"\n'
        )
        program.chmod(0o755)
        self.folder = self.home

    def do(self, doing: re.Match[str]) -> None:
        if doing["block"] is not None:
            self.run(doing["block"])
        elif doing["file"] is not None:
            self.write(self.folder / doing["file"], json.loads(doing["old"]), json.loads(doing["new"]))
        else:
            self.compare(doing["name"], doing["options"] or "")

    def run(self, block: str) -> None:
        """Type a block into a shell that stands where the one before it was left."""
        lines = [line for line in block.splitlines() if line not in _NOT_RUN]
        here = self.home / "here"
        script = "\n".join([*lines, "code=$?", f"pwd > {shlex.quote(str(here))}", "exit $code"])
        environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("JOURNEYS_")},
            "PATH": f"{self.home / 'bin'}:{os.environ['PATH']}",
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
        }
        done = subprocess.run(
            ["/bin/sh", "-c", script],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.folder = Path(here.read_text().strip())
        self.printed, self.code = done.stdout.replace(str(self.home), "…"), done.returncode

    @staticmethod
    def write(file: Path, old: str, new: str) -> None:
        """What the reader changes in a file, at its first place."""
        text = file.read_text(encoding="utf-8")
        assert old in text, (file.name, old)
        file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def compare(self, name: str, options: str) -> None:
        """Keep what was printed last, cut as the page asks."""
        code = re.search(r"ends with (\d)", options)
        assert self.code == (int(code[1]) if code else 0), (name, self.printed)
        lines = self.printed.rstrip("\n").split("\n")
        shown = re.search(r"(\d+) lines", options)
        if shown and len(lines) > int(shown[1]):
            lines = [*lines[: int(shown[1])], "…"]
        self.outputs[name] = "\n".join(line.rstrip() for line in lines) + "\n"


def walked(page: Path, folder: Path) -> dict[str, str]:
    """Every output of the page, made anew."""
    walk = Walk(folder)
    for doing in _DOING.finditer(page.read_text(encoding="utf-8")):
        walk.do(doing)
    return walk.outputs


def with_outputs(page: str, outputs: dict[str, str]) -> str:
    """The page as it ought to be."""

    def fresh(doing: re.Match[str]) -> str:
        if doing["name"] is None:
            return doing[0]
        start, end = (at - doing.start() for at in doing.span("shown"))
        return doing[0][:start] + outputs[doing["name"]] + doing[0][end:]

    return _DOING.sub(fresh, page)


@pytest.mark.parametrize("file", PAGES, ids=lambda page: page.stem)
def test_it_goes_as_written(file: Path, tmp_path: Path) -> None:
    page = file.read_text(encoding="utf-8")
    ought = with_outputs(page, walked(file, tmp_path))
    assert _VERSION.sub("version", ought) == _VERSION.sub("version", page), f"run `{COMMAND}`"


@pytest.mark.parametrize("file", PAGES, ids=lambda page: page.stem)
def test_the_page_has_no_output_that_nobody_compares(file: Path) -> None:
    page = file.read_text(encoding="utf-8")
    names = re.findall(r"^<!-- ([a-z]+)(?:: [^>]*)? -->$", page, re.MULTILINE)
    assert names == [doing["name"] for doing in _DOING.finditer(page) if doing["name"]]
    assert len(names) == len(set(names)) > 6


@pytest.mark.parametrize("file", PAGES, ids=lambda page: page.stem)
def test_every_linked_file_is_there(file: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / link).exists(), link


if __name__ == "__main__":
    if "--write" in sys.argv:
        for one in PAGES:
            with tempfile.TemporaryDirectory() as name:
                written = with_outputs(one.read_text(encoding="utf-8"), walked(one, Path(name)))
            one.write_text(written, encoding="utf-8")
