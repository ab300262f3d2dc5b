"""Laws of `journeys fmt`: a file means what it meant, keeps its comments, and is tidy after one time.

Meaning is told by PyYAML's own loader, which knows nothing of this project's reader.
"""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from engine.language.tidy import tidy

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "journeys").rglob("*.yaml"))
WRITTEN = [
    path
    for path in chain((ROOT / "tests/golden/yaml").glob("*.yaml"), (ROOT / "tests/golden/traces").glob("*"))
    if tidy(path.read_bytes(), path.name)[0] is not None
]

words = st.text(st.sampled_from("abc XY09:#-'\"\\{[],|>?&* \n\tü"), min_size=0, max_size=12)
keys = st.text(st.sampled_from("abc_.09 "), min_size=1, max_size=6).map(str.strip).filter(bool)
values = st.recursive(
    words | st.integers() | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=14,
)
mappings = st.dictionaries(keys, values, min_size=1, max_size=5)
styles = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "indent": st.integers(2, 7),
        "width": st.sampled_from([20, 60, 200]),
        "default_style": st.sampled_from([None, None, '"', "'", "|", ">"]),
        "line_break": st.sampled_from(["\n", "\r\n"]),
    }
)


def meaning(text: bytes) -> Any:
    """Every value as text, by a loader of its own."""
    return yaml.load(text, Loader=yaml.BaseLoader)


def comments(text: bytes) -> list[str]:
    return [line.strip() for line in text.decode().splitlines() if line.lstrip().startswith("#")]


@given(mappings, styles, st.lists(st.integers(0, 40), max_size=4), st.integers(0, 9))
def test_whatever_is_tidied_means_what_it_meant(
    data: dict[str, Any], style: dict[str, Any], places: list[int], column: int
) -> None:
    lines = yaml.dump(data, allow_unicode=True, **style).splitlines(keepends=True)
    for place in places:
        lines.insert(place, f"{' ' * column}# comment {place}   \n" if place % 3 else "  \n")
    text = "".join(lines).encode()
    tidied, faults = tidy(text, "a.yaml")
    if tidied is None:  # a comment within a text cut it, and the like
        assert faults
        return
    assert meaning(tidied) == meaning(text)
    assert "".join(tidied.decode().split()) == "".join(text.decode().split())
    assert tidy(tidied, "a.yaml")[0] == tidied


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_shipped_files_are_tidy(path: Path) -> None:
    assert tidy(path.read_bytes(), path.name)[0] == path.read_bytes()


def spread(text: str, times: int, ends: list[str]) -> str:
    """The text with wide indentation, dashes, colons, no space in braces, blank lines and spaces at ends."""
    text = re.sub(
        r"^( *)(- )?",
        lambda m: m[1] * times + (f"{'-':<{2 * times}}" if m[2] else ""),
        text,
        flags=re.MULTILINE,
    )
    text = re.sub(r"^(\s*[\w ]+): (?=\w)", r"\1:    ", text, flags=re.MULTILINE)
    text = re.sub(r"^([^#\n]*)\{ (.*) \}$", r"\1{\2}", text, flags=re.MULTILINE)
    lines = text.split("\n")
    return "".join(line + ends[number % len(ends)] for number, line in enumerate(lines[:-1]))


@given(
    st.sampled_from(
        [path for path in SHIPPED if not re.search(r": [|>]$", path.read_text("utf-8"), re.MULTILINE)]
    ),
    st.integers(1, 4),
    st.lists(st.sampled_from(["\n", "  \n", "\r\n"]), min_size=1, max_size=7),
)
def test_a_file_that_somebody_spread_out_becomes_itself_again(
    path: Path, times: int, ends: list[str]
) -> None:
    """Files with a text over several lines are left out here: such a text keeps its distance."""
    text = path.read_text(encoding="utf-8")
    tidied, faults = tidy(spread(text, times, ends).replace("\n\n", "\n\n \n").encode(), path.name)
    assert tidied is not None, faults
    assert tidied.decode() == text


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.name)
def test_every_written_file_keeps_meaning_and_comments(path: Path) -> None:
    text = path.read_bytes()
    tidied = tidy(text, path.name)[0]
    assert tidied is not None
    assert meaning(tidied) == meaning(text)
    assert comments(tidied) == comments(text)
    assert tidy(tidied, path.name)[0] == tidied
