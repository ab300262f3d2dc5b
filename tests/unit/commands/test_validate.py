"""`journeys validate`: text, JSON and GitHub's annotations, paths, and exit codes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.unit.commands.conftest import Journeys

CART = "journeys/abandoned-cart/journey.yaml"


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_a_new_workspace_has_no_faults(shop: Path, journeys: Journeys) -> None:
    code, out, err = journeys("validate")
    assert (code, err) == (0, "")
    assert out.startswith("No faults in ")


def test_a_fault_is_shown_in_its_line_with_a_caret(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    code, out, _ = journeys("validate")
    assert code == 1
    lines = out.splitlines()
    assert lines[0].startswith(f"{CART}:62:15: error J350 `1 dyas` is not a duration")
    assert lines[1] == "   62 │         wait: 1 dyas"
    assert lines[2] == "      │               ^^^^^^"
    assert lines[3].startswith("help: Did you mean `days`?")
    assert lines[-1].startswith("1 error in ")


def test_carets_stand_below_wide_letters(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "{ note: 日本, wait: 1 dyas }")
    change(shop / CART, "- id: breather\n        {", "- {id: breather,")
    _, out, _ = journeys("validate")
    line, carets = out.splitlines()[1:3]
    before = line[: line.index("1 dyas")]
    assert carets.index("^") == len(before) + 2  # two letters take two columns each


def test_json_is_exactly_what_programs_were_promised(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    code, out, _ = journeys("validate", "--format", "json")
    found = json.loads(out)
    assert code == 1
    assert list(found) == ["format", "faults", "counts"]
    assert found["format"] == 1
    [fault] = found["faults"]
    assert set(fault) == {
        "file",
        "line",
        "column",
        "end_line",
        "end_column",
        "severity",
        "rule",
        "message",
        "help",
    }
    assert (fault["file"], fault["line"], fault["column"]) == (CART, 62, 15)
    assert (fault["end_line"], fault["end_column"]) == (62, 21)
    assert (fault["severity"], fault["rule"]) == ("error", "J350")
    assert found["counts"]["error"] == 1
    assert found["counts"]["warning"] == 0
    assert found["counts"]["files"] > 20


def test_github_gets_annotations(shop: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    monkeypatch.chdir(shop.parent)  # where an action runs: its files are relative to that
    code, out, _ = journeys("--workspace", shop.name, "validate", "--format", "github")
    assert code == 1
    place = f"file={shop.name}/{CART},line=62,endLine=62,col=15,endColumn=21,title=J350"
    assert out.startswith(f"::error {place}::`1 dyas` is not a duration")


def test_templates_are_looked_at_where_they_stand(shop: Path, journeys: Journeys) -> None:
    folder = shop / "journeys/abandoned-cart"
    change(folder / "reminder-1.md", "| money", "| mony")
    change(folder / "reminder-2.md", "subject: Is", 'subject: "{{ contact.first_name | upcse }}"  # Is')
    (shop / "journeys/_layouts").mkdir()
    (shop / "journeys/_layouts/mine.html").write_text("<p>\n{{ content | nope }}</p>", encoding="utf-8")
    change(folder / "last-reminder.md", "---\n", "---\nlayout: mine\n")
    _, out, _ = journeys("validate", "--format", "json")
    places = {(fault["file"], fault["line"]) for fault in json.loads(out)["faults"]}
    assert ("journeys/abandoned-cart/reminder-1.md", 7) in places
    assert ("journeys/abandoned-cart/reminder-2.md", 2) in places
    assert ("journeys/_layouts/mine.html", 2) in places


def test_templates_are_looked_at_although_the_journey_is_faulty(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    change(shop / "journeys/abandoned-cart/reminder-1.md", "| money", "| mony")
    _, out, _ = journeys("validate", "--format", "json")
    assert {fault["file"].rpartition("/")[2] for fault in json.loads(out)["faults"]} == {
        "journey.yaml",
        "reminder-1.md",
    }


def test_a_warning_fails_only_when_strict(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys/catalog.yaml").unlink()
    code, out, _ = journeys("validate", "--format", "json")
    assert json.loads(out)["counts"]["warning"] == 1
    assert code == 0
    assert journeys("validate", "--strict")[0] == 1


@pytest.mark.parametrize(
    "path",
    [
        "abandoned-cart",
        "journeys/abandoned-cart",
        "journeys/abandoned-cart/",
        CART,
        "journeys",
        ".",
    ],
)
def test_a_path_may_be_an_id_a_folder_or_a_file(shop: Path, journeys: Journeys, path: str) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    assert journeys("validate", path)[0] == 1


@pytest.mark.parametrize("path", ["welcome-series", "journeys/welcome-series", "journeys/catalog.yaml"])
def test_other_files_are_left_out(shop: Path, journeys: Journeys, path: str) -> None:
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    assert journeys("validate", path)[0] == 0


def test_the_workspace_is_found_from_the_path(
    shop: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert journeys("validate", str(shop))[0] == 0
    assert journeys("validate", str(shop / "journeys" / "welcome-series"))[0] == 0
    assert journeys("validate", "--workspace", str(shop))[0] == 0


def test_a_path_that_is_not_there_is_a_mistake_of_usage(shop: Path, journeys: Journeys) -> None:
    code, _, err = journeys("validate", "abandond-cart")
    assert code == 2
    assert "Did you mean `abandoned-cart`?" in err


def test_no_workspace_is_a_mistake_of_usage(
    tmp_path: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = journeys("validate")
    assert code == 2
    assert "journeys init" in err


def test_sarif_holds_what_its_schema_requires(
    shop: Path, journeys: Journeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SARIF 2.1.0: §3.13 log, §3.14 run, §3.18 tool, §3.27 result, §3.29 location, §3.30 region."""
    change(shop / CART, "wait: 1 day", "wait: 1 dyas")
    change(shop / "journeys/welcome-series/welcome.md", "subject: Welcome", "subject: Welcome!! Welcome")
    monkeypatch.chdir(shop.parent)
    code, out, _ = journeys("--workspace", shop.name, "validate", "--format", "sarif")
    found = json.loads(out)
    assert code == 1
    assert found["version"] == "2.1.0"
    assert found["$schema"].endswith("sarif-schema-2.1.0.json")
    [run] = found["runs"]
    driver = run["tool"]["driver"]
    assert driver["name"] == "journeys"
    assert re.fullmatch(r"\d+\.\d+\.\d+.*", driver["semanticVersion"])
    assert [rule["id"] for rule in driver["rules"]] == ["J350", "J772"]
    assert all(rule["shortDescription"]["text"].endswith(".") for rule in driver["rules"])
    assert run["columnKind"] in ("utf16CodeUnits", "unicodeCodePoints")
    places = []
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        [location] = result["locations"]
        place = location["physicalLocation"]
        region = place["region"]
        assert all(isinstance(number, int) and number >= 1 for number in region.values())
        assert (region["startLine"], region["startColumn"]) <= (region["endLine"], region["endColumn"])
        assert all(isinstance(mark, str) for mark in result["partialFingerprints"].values())
        places.append((place["artifactLocation"]["uri"], region["startLine"], result["level"]))
    assert places == [
        (f"{shop.name}/{CART}", 62, "error"),
        (f"{shop.name}/journeys/welcome-series/welcome.md", 2, "warning"),
    ]


def test_sarif_of_a_right_shop_has_no_results(shop: Path, journeys: Journeys) -> None:
    code, out, _ = journeys("validate", "--format", "sarif")
    assert code == 0
    [run] = json.loads(out)["runs"]
    assert run["results"] == []


def test_lint_is_told_and_fails_only_when_strict(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "    wait: 1 day\n".strip(), "wait: 0 days")
    code, out, _ = journeys("validate")
    assert code == 0
    assert out.startswith(f"{CART}:62:15: warning J708 `wait: 0 days` waits for nothing.")
    assert out.splitlines()[-2].startswith("1 warning in ")
    assert journeys("validate", "--strict")[0] == 1


def test_a_remark_alone_is_no_warning(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "name: Abandoned cart\n", "")
    code, out, _ = journeys("validate", "--strict")
    assert code == 0
    assert out.splitlines()[-2].startswith("1 remark in ")


def test_a_reasoned_comment_keeps_a_remark_back(shop: Path, journeys: Journeys) -> None:
    change(shop / CART, "wait: 1 day", "wait: 0 days  # lint: ignore J708 — for the trial on Monday")
    assert journeys("validate", "--strict")[1].startswith("No faults")


def test_a_format_may_stand_before_the_verb(shop: Path, journeys: Journeys) -> None:
    code, out, _ = journeys("--format", "json", "validate")
    assert code == 0
    assert json.loads(out)["format"] == 1
    assert journeys("--format", "yaml", "validate")[0] == 2
    code, _, err = journeys("--format", "json", "init", "elsewhere")
    assert code == 2
    assert "`init` has no --format" in err


LESSONS = """\
dsl: 1
journey: lessons
name: Lessons
owner: ada@shop.example
status: draft
trigger: { event: Signed Up }
re_entry: never
goal: { event: Order Completed }
defaults: { topic: newsletter, quiet_hours: 21:00-08:00 }
steps:
  - id: course
    repeat:
      times: 3
      steps:
        - { id: pause, wait: 2 days }
        - { id: lesson, send: email, subject: The next lesson, body: Read it when there is time. }
"""


@pytest.mark.parametrize(
    ("caps", "told"),
    [
        ("{ email: 2 per 7 days }", ["email: 2 per 7 days"]),
        ("{ all: 2 per week, topic newsletter: 1 per 3 days }", ["all: 2 per week", "1 per 3 days"]),
        ("{ email: 3 per 7 days }", []),
        ("{ email: 1 per 2 days }", []),
        ("{ sms: 1 per 7 days, topic cart: 1 per month }", []),
        ("{ email: nonsense, post: 1 per day }", []),
        ("[]", []),
        ("{}", []),
    ],
)
def test_more_messages_than_a_cap_lets_through_are_told(
    shop: Path, journeys: Journeys, caps: str, told: list[str]
) -> None:
    (shop / "journeys/lessons.yaml").write_text(LESSONS, encoding="utf-8")
    secret = "smtp: { host: mail.shop.example, password: '${NOT_THERE_IN_CI}' }\n"
    (shop / "config.yaml").write_text(f"{secret}caps: {caps}\n", encoding="utf-8")
    code, out, err = journeys("validate", "--format", "json", "journeys/lessons.yaml")
    assert (code, err) == (0, "")
    found = [one["message"] for one in json.loads(out)["faults"] if one["rule"] == "J766"]
    assert len(found) == len(told)
    for message, cap in zip(found, told, strict=True):
        assert cap in message


def test_without_a_config_no_cap_is_asked_for(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys/lessons.yaml").write_text(LESSONS, encoding="utf-8")
    (shop / "config.yaml").unlink(missing_ok=True)
    assert "J766" not in journeys("validate")[1]
