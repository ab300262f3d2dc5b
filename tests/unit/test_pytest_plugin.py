"""The plug-in of pytest, loaded by its entry point as in a shop's repository."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from engine.service.starter import make_workspace
from tests.unit.commands.test_validate import CART, change

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
TEST = "journeys/abandoned-cart/tests.yaml"


@pytest.fixture
def shop(pytester: pytest.Pytester) -> Path:
    """A workspace with the classic journeys, in an environment where this project is installed."""
    make_workspace(pytester.path)
    named = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]["pytest11"]
    installed = pytester.mkdir("installed-here")
    about = installed / "journeys_of_this_checkout-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: journeys-of-this-checkout\nVersion: 1\n")
    lines = [f"{name} = {module}" for name, module in named.items()]
    (about / "entry_points.txt").write_text("\n".join(["[pytest11]", *lines, ""]))
    pytester.syspathinsert(installed)
    return pytester.path


def test_every_test_of_every_journey_is_an_item(shop: Path, pytester: pytest.Pytester) -> None:
    done = pytester.runpytest("journeys")
    written = [path.read_text("utf-8") for path in (shop / "journeys").glob("*/tests.yaml")]
    done.assert_outcomes(passed=sum(text.count("  - name: ") for text in written))
    done.stdout.fnmatch_lines(["journeys/abandoned-cart/tests.yaml ..............*"])


def test_a_failure_reads_as_in_journeys_test(shop: Path, pytester: pytest.Pytester) -> None:
    change(shop / CART, "wait: 1 hour", "wait: 2 hours")
    done = pytester.runpytest(TEST, "-k", "small and cart and three")
    done.assert_outcomes(failed=1, deselected=14)
    done.stdout.fnmatch_lines(
        [
            "*_ a small cart is reminded of three times _*",
            f"{TEST}:18:11: a small cart is reminded of three times",
            "  expected `send first-reminder` at Tue 2026-03-10 11:00, but was sent at Tue 2026-03-10 12:00, "
            "1 hour later",
            "  what happened, in Europe/Zurich:",
            "    Tue 2026-03-10 10:00  cool-off waits until Tue 2026-03-10 12:00 (2 hours)",
        ]
    )
    done.stdout.no_fnmatch_line("*Traceback*")
    done.stdout.no_fnmatch_line("*pytest_plugin.py*")


def test_a_faulty_journey_fails_each_of_its_tests(shop: Path, pytester: pytest.Pytester) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    done = pytester.runpytest(TEST)
    done.assert_outcomes(failed=15)
    done.stdout.fnmatch_lines(["*journey.yaml:*: J* `1 dyas` is not a duration*"])


def test_a_file_of_tests_that_cannot_be_read_fails(shop: Path, pytester: pytest.Pytester) -> None:
    (shop / TEST).write_text("tests:\n  - nmae: odd\n", encoding="utf-8")
    done = pytester.runpytest(TEST)
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*tests.yaml:2:*nmae*"])


def test_a_config_that_cannot_be_read_is_told(shop: Path, pytester: pytest.Pytester) -> None:
    (shop / "config.yaml").write_text("odd: 1\n", encoding="utf-8")
    done = pytester.runpytest(TEST)
    done.assert_outcomes(errors=1)
    done.stdout.fnmatch_lines(["config.yaml:1:1:*`odd`*"])


def test_a_journey_without_a_folder_has_its_tests_beside_it(shop: Path, pytester: pytest.Pytester) -> None:
    journey = shop / "journeys/ping.yaml"
    journey.write_text(
        "dsl: 1\njourney: ping\ntrigger: { event: Signed Up }\nsteps:\n  - { id: pause, wait: 1 day }\n"
    )
    (shop / "journeys/ping.tests.yaml").write_text(
        "tests:\n  - name: it ends\n    contact: { email: ada@shop.example }\n    start: 2026-03-10 10:00\n"
        "    events:\n      - { at: 0 minutes, event: Signed Up }\n"
        "    expect:\n      - { at: 1 day, leave: completed }\n"
    )
    pytester.runpytest("journeys/ping.tests.yaml").assert_outcomes(passed=1)


@pytest.mark.parametrize("arguments", [("-p", "no:journeys"), ("-o", "journeys=false")])
def test_it_can_be_turned_off(shop: Path, pytester: pytest.Pytester, arguments: tuple[str, ...]) -> None:
    pytester.runpytest("journeys", *arguments).assert_outcomes()


@pytest.mark.parametrize(
    "name", ["tests.yaml", "journeys/tests.yaml", "journeys/catalog/tests.yaml", "other/ping/tests.yaml"]
)
def test_other_files_of_that_name_are_left_alone(shop: Path, pytester: pytest.Pytester, name: str) -> None:
    file = shop / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("tests: [{ name: of somebody else }]\n", encoding="utf-8")
    pytester.runpytest(file).assert_outcomes()


def test_loading_it_imports_nothing_of_the_engine() -> None:
    code = (
        "import sys, pytest; before = set(sys.modules); import engine.pytest_plugin; "
        "print(sorted(name for name in set(sys.modules) - before if name.startswith(('engine', 'yaml'))))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['engine', 'engine.pytest_plugin']"
