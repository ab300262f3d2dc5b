"""`journeys lifecycle map|gaps|stages` on the workspace of `journeys init`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.commands.conftest import Journeys


def test_the_files_alone_show_what_is_covered_and_what_is_not(shop: Path, journeys: Journeys) -> None:
    code, out, err = journeys("lifecycle", "gaps", "--files")
    assert (code, err) == (0, "")
    assert "  conversion   browse-reminder" in out.splitlines()
    assert "cart-reminder" not in out
    assert out.splitlines()[-1] == "4 of 14 activities covered by a live journey"
    cart = shop / "journeys" / "abandoned-cart" / "journey.yaml"
    cart.write_text(
        cart.read_text(encoding="utf-8").replace("status: live", "status: draft"), encoding="utf-8"
    )
    _, out, _ = journeys("lifecycle", "gaps", "--files")
    assert "  conversion   cart-reminder (abandoned-cart is draft)" in out.splitlines()


def test_the_map_and_the_counts_are_of_what_was_applied(shop: Path, journeys: Journeys) -> None:
    code, _, err = journeys("lifecycle", "map")
    assert code != 0
    assert "There is no database" in err
    people = [
        {"type": "identify", "userId": "ada", "traits": {"email": "ada@shop.example"}},
        {"type": "track", "userId": "ben", "event": "Signed Up", "timestamp": "2026-01-05T10:00:00Z"},
    ]
    lines = [json.dumps({**one, "messageId": f"m{n}"}) for n, one in enumerate(people)]
    (shop / "events.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert journeys("apply")[0] == 0
    assert journeys("import", "events", "events.jsonl")[0] == 0
    code, out, _ = journeys("lifecycle", "stages", "--format", "json")
    assert code == 0
    counts = {"loyalty": 0, "retention": 0, "conversion": 0, "churn": 0, "acquisition": 1, "reach": 1}
    assert json.loads(out) == {"format": 1, "stages": counts, "no_stage": 0}
    _, out, _ = journeys("lifecycle", "stages")
    assert "  acquisition         1  Acquisition" in out.splitlines()
    _, out, _ = journeys("lifecycle", "map")
    assert "Acquisition (acquisition)  1 contact" in out.splitlines()
    assert "  ✓ welcome: welcome-series (live)" in out.splitlines()
    assert "  · browse-reminder: no journey" in out.splitlines()


def test_an_apply_says_how_many_are_in_each_stage(shop: Path, journeys: Journeys) -> None:
    assert "counted silently" not in journeys("apply")[1]
    line = {"type": "track", "userId": "ben", "event": "Signed Up", "timestamp": "2026-01-05T10:00:00Z"}
    (shop / "events.jsonl").write_text(json.dumps({**line, "messageId": "m"}), encoding="utf-8")
    journeys("import", "events", "events.jsonl")
    lifecycle = shop / "journeys" / "lifecycle.yaml"
    good = lifecycle.read_text(encoding="utf-8")
    lifecycle.write_text(
        good.replace("{ did: Signed Up }", "{ did: Signed Up, within: 3650 days }"), encoding="utf-8"
    )
    code, out, _ = journeys("apply")
    assert (code, "stage     acquisition: 1 contact, counted silently" in out) == (0, True)
    lifecycle.write_text(good.replace("did: Signed Up", "did: Signd Up"), encoding="utf-8")
    code, out, _ = journeys("apply")
    assert code == 1
    assert "the stages of the last good lifecycle.yaml go on" in out
    assert "J406" in out


def test_contact_why_tells_of_the_stage_in_plain_words(shop: Path, journeys: Journeys) -> None:
    journeys("apply")
    line = {"type": "track", "userId": "ben", "event": "Signed Up", "timestamp": "2026-01-05T10:00:00Z"}
    (shop / "events.jsonl").write_text(json.dumps({**line, "messageId": "m"}), encoding="utf-8")
    journeys("import", "events", "events.jsonl", "--trigger")
    code, out, _ = journeys("contact", "why", "ben")
    assert code == 0
    assert any(one.endswith("  stage none → acquisition") for one in out.splitlines())


def test_without_a_lifecycle_it_says_what_to_write(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys" / "lifecycle.yaml").unlink()
    for verb in ("map", "gaps"):
        code, out, _ = journeys("lifecycle", verb, "--files")
        assert (code, "write journeys/lifecycle.yaml" in out) == (0, True)


def test_a_faulty_file_is_told(shop: Path, journeys: Journeys) -> None:
    (shop / "journeys" / "lifecycle.yaml").write_text("stages: []\n", encoding="utf-8")
    code, _, err = journeys("lifecycle", "map", "--files")
    assert code == 1
    assert "J105" in err
