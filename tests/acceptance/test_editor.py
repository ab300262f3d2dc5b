"""The schemas in a real editor's hands: yaml-language-server, which VS Code and many others run.

Without node, npm or network these tests are skipped, and pytest prints why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.language.workspace import read_workspace
from engine.service.files import read_files
from engine.service.starter import make_workspace, shop_schema_texts
from tests.support.language_server import LanguageServer, install

pytestmark = pytest.mark.acceptance

HEAD = """\
# yaml-language-server: $schema=../../schemas/journey.schema.json
dsl: 1
journey: demo
"""
TRIGGER = "trigger: { event: Cart Updated }\n"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose schemas know the names of the shop; the plain ones lie in plain/."""
    folder = tmp_path_factory.mktemp("shop")
    make_workspace(folder)
    (folder / "schemas").rename(folder / "plain")
    (folder / "schemas").mkdir()
    files = read_files(folder)
    for name, text in shop_schema_texts(read_workspace(files), files).items():
        (folder / "schemas" / name).write_text(text, encoding="utf-8")
    (folder / "journeys/demo").mkdir()
    return folder


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    folder = tmp_path_factory.mktemp("editor")
    if reason := install(folder):
        pytest.skip(reason)
    with LanguageServer(folder) as server:
        yield server


def offered(editor: LanguageServer, shop: Path, text: str, schema: str = "schemas/journey") -> set[str]:
    head = HEAD.replace("schemas/journey", schema)
    return editor.completions(shop / "journeys/demo/journey.yaml", head + text)


def test_a_machine_without_node_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert install(tmp_path) == "there is no node on this machine"


# --- completion -----------------------------------------------------------------------------------


@pytest.mark.parametrize("schema", ["schemas/journey", "plain/journey"])
def test_behind_the_id_of_a_step_come_the_verbs(editor: LanguageServer, shop: Path, schema: str) -> None:
    found = offered(editor, shop, TRIGGER + "steps:\n  - id: x\n    |\n", schema)
    assert {"send", "wait", "wait_for", "branch", "split", "update", "end", "when"} <= found
    assert "trigger" not in found


def test_a_wait_offers_its_own_keys(editor: LanguageServer, shop: Path) -> None:
    found = offered(editor, shop, TRIGGER + "steps:\n  - id: x\n    wait: 1 day\n    |\n")
    assert {"until", "days", "between", "jitter", "timezone", "when", "note"} <= found
    assert not {"message", "subject", "branch", "split"} & found


def test_the_header_offers_what_is_missing(editor: LanguageServer, shop: Path) -> None:
    found = offered(editor, shop, "|\n")
    assert {"trigger", "steps", "goal", "exit_when", "re_entry", "defaults"} <= found


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("trigger:\n  event: |\n", {"Cart Updated", "Order Completed", "Message Clicked"}),
        (TRIGGER + "enter_when:\n  did: |\n", {"Cart Viewed", "Order Completed"}),
        (TRIGGER + "enter_when:\n  |\n", {"contact.country", "contact.wants_to_stay", "did"}),
        ("trigger:\n  segment:\n    enters: |\n", {"first-time-customers", "repeat-customers"}),
        (TRIGGER + "defaults:\n  topic: |\n", {"newsletter", "cart", "winback"}),
        (TRIGGER + "steps:\n  - id: x\n    wait_for: |\n", {"Cart Viewed", "Order Completed"}),
        (TRIGGER + "steps:\n  - id: x\n    send: email\n    message: |\n", {"reminder-1", "last-reminder"}),
        (TRIGGER + "steps:\n  - id: x\n    unsubscribe: |\n", {"newsletter", "all"}),
    ],
)
def test_names_of_this_shop_are_offered(
    editor: LanguageServer, shop: Path, text: str, some: set[str]
) -> None:
    assert some <= offered(editor, shop, text)


def test_names_are_not_offered_without_the_catalog(editor: LanguageServer, shop: Path) -> None:
    assert "Order Completed" not in offered(editor, shop, "trigger:\n  event: |\n", "plain/journey")


def test_a_journeys_own_schema_offers_its_steps(editor: LanguageServer, shop: Path) -> None:
    text = TRIGGER + "steps:\n  - id: x\n    until_date: contact.created_at\n    if_past: |\n"
    found = offered(editor, shop, text, "schemas/abandoned-cart.journey")
    assert {"proceed", "exit", "came-back"} <= found


# --- complaints -----------------------------------------------------------------------------------


def test_shipped_files_have_nothing_to_complain_about(editor: LanguageServer, shop: Path) -> None:
    for file in sorted((shop / "journeys").rglob("*.yaml")):
        assert editor.complaints(file, file.read_text(encoding="utf-8")) == [], file


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (TRIGGER + "steps:\n  - id: x\n    wait: 1 day\n    untill: 09:30\n", 8, "untill"),
        (TRIGGER + "steps:\n  - id: x\n    wait: 3\n", 7, ""),
        (TRIGGER + "staus: live\nsteps:\n  - { id: x, wait: 1 day }\n", 5, "staus"),
        (TRIGGER + "status: lively\nsteps:\n  - { id: x, wait: 1 day }\n", 5, "draft"),
        ("steps:\n  - { id: x, wait: 1 day }\n", 2, "trigger"),
    ],
)
def test_what_is_wrong_is_underlined_where_it_stands(
    editor: LanguageServer, shop: Path, text: str, line: int, words: str
) -> None:
    found = editor.complaints(shop / "journeys/demo/journey.yaml", HEAD + text)
    assert [one for one in found if one[0] == line and words in one[1]], found


def test_a_name_that_the_schema_does_not_know_is_no_complaint(editor: LanguageServer, shop: Path) -> None:
    """The schema may be older than the catalog; names are for `journeys validate`."""
    text = "trigger: { event: Brand New }\nsteps:\n  - { id: x, unsubscribe: brand-new }\n"
    assert editor.complaints(shop / "journeys/demo/journey.yaml", HEAD + text) == []


def test_both_schemas_complain_alike(editor: LanguageServer, shop: Path) -> None:
    text = HEAD + re.sub("steps", "stepz", TRIGGER + "steps:\n  - { id: x, wait: 1 day }\n")
    file = shop / "journeys/demo/journey.yaml"
    plain = editor.complaints(file, text.replace("schemas/journey", "plain/journey"))
    lines = {line for line, _ in editor.complaints(file, text)}
    assert lines == {line for line, _ in plain}
    assert lines
