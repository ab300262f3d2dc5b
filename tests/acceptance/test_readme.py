"""The README says what is true: its pictures and texts are made by the program, its commands are run.

python -m tests.acceptance.test_readme --write      writes the generated parts again
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
COMMAND = "python -m tests.acceptance.test_readme --write"

#: What the README shows as a mistake: the cart journey with one word mistyped.
MISTAKE = ("    wait: 1 hour\n", "    wait: 2 dyas\n")


def journeys(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The program as a newcomer runs it, in a folder."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, str(ROOT / "runner.py"), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def generated(folder: Path) -> dict[str, str]:
    """The parts between <!-- name --> and <!-- /name -->, made anew."""
    assert journeys(folder, "init", "shop").returncode == 0
    shop = folder / "shop"
    picture = journeys(shop, "graph", "abandoned-cart", "--format", "mermaid").stdout
    file = shop / "journeys" / "abandoned-cart" / "journey.yaml"
    text = file.read_text()
    assert MISTAKE[0] in text
    file.write_text(text.replace(*MISTAKE, 1))
    told = journeys(shop, "validate")
    assert told.returncode == 1
    file.write_text(text)
    indented = "\n".join(f"  {line}".rstrip() for line in told.stdout.rstrip().splitlines())
    return {
        "graph": f"```mermaid\n{picture.rstrip()}\n```",
        "mistake": f"```\n{indented}\n  ```",
    }


def with_parts(text: str, parts: dict[str, str]) -> str:
    """The README with its generated parts as they ought to be."""
    for name, part in parts.items():
        pattern = re.compile(rf"(<!-- {name} -->\n)(\s*).*?(\n\s*<!-- /{name} -->)", re.DOTALL)
        assert pattern.search(text), name
        text = pattern.sub(lambda match, part=part: f"{match[1]}{match[2]}{part}{match[3]}", text)
    return text


def test_the_generated_parts_are_fresh(tmp_path: Path) -> None:
    text = README.read_text()
    assert with_parts(text, generated(tmp_path)) == text, f"README.md is stale: run `{COMMAND}`"


def blocks() -> list[str]:
    """Shell blocks of the README that call the program."""
    found = re.findall(r"```sh\n(.*?)```", README.read_text(), re.DOTALL)
    return [block for block in found if "journeys init" in block]


@pytest.mark.parametrize("block", blocks())
def test_the_commands_run_as_written(block: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples" / "shop", tmp_path / "examples" / "shop")
    folder = tmp_path
    for line in block.splitlines():
        words = line.partition("#")[0].split()
        if words[0] == "cd":
            folder = folder / words[1]
            continue
        assert words.pop(0) == "journeys"
        if words == ["run"]:  # would go on until Ctrl-C
            words.append("--until-idle")
        done = journeys(folder, *words)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"


def test_every_linked_file_is_there() -> None:
    for link in re.findall(r"\]\(([^)#]+)\)", README.read_text()):
        assert (ROOT / link).exists(), link


if __name__ == "__main__":
    if "--write" in sys.argv:
        with tempfile.TemporaryDirectory() as name:
            README.write_text(with_parts(README.read_text(), generated(Path(name))))
