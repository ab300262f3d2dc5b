"""What pyproject.toml cannot say: the workspace that `journeys init` copies lies at the top."""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

TOP = Path(__file__).parent
STARTER = ("config.example.yaml", "journeys", "examples/sources")


class BuildWithStarter(build_py):
    """Puts the starter files beside starter.py; an editable checkout reads them where they lie."""

    def run(self) -> None:
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "engine", "service", "starter_files")
        shutil.rmtree(target, ignore_errors=True)
        for file in starter_files():
            place = target / file.relative_to(TOP)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, place)


def starter_files() -> list[Path]:
    """Every file to start from."""
    found = [file for name in STARTER for file in (TOP / name, *(TOP / name).rglob("*"))]
    return [file for file in found if file.is_file()]


setup(cmdclass={"build_py": BuildWithStarter})
