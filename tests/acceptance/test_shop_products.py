"""The shop of examples/shop with its products: imported, waited for, recommended, and given a code for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.commands.main import main

SHOP = Path(__file__).parents[2] / "examples" / "shop"

CATALOG = """\
contact: { first_name: text, country: text }
product: { refill_days: number }
events:
  Order Completed: { order_id: text, total: number, currency: text, products: list }
  Product Viewed: { product_id: text }
topics: { news: { name: News, consent: opt_out } }
senders: { shop: { from: "Shop <hello@shop.example>", postal_address: "Way 1, 8000 Zürich" } }
defaults: { sender: shop, timezone: Europe/Zurich, locale: en, currency: CHF }
"""
JOURNEY = """\
dsl: 1
journey: back-in-stock
status: live
owner: ada@shop.example
trigger: { event: Product Viewed, key: event.product_id }
product: trigger.product_id
defaults: { topic: news }
steps:
  - id: back
    wait_for: { condition: { product.stock: { gte: 1 } } }
    up_to: 30 days
    then:
      - { id: gift, coupon: { pool: back, as: gift } }
      - id: choose
        recommend: { as: picks, from: bestsellers, count: 3, where: { product.category: { ne: knives } } }
      - id: told
        send: email
        subject: "{{ product.name }} is back"
        body: |
          {{ product.name }} for {{ product.price | money }}, with {{ gift.code | default: "no code" }}.

          {% for p in picks %}* {{ p.name }}
          {% endfor %}
"""
TESTS = """\
products:
  - { id: p-board, name: Walnut board, price: 58, stock: 0 }
  - { id: p-oil, name: Board oil, price: 14.5, category: care }
tests:
  - name: it is told when the board is back
    contact: { email: ada@shop.example }
    start: 2026-03-28 20:00
    events: [{ at: 0 minutes, event: Product Viewed, properties: { product_id: p-board } }]
    products: [{ at: 3 days, id: p-board, stock: 5 }]
    orders: [[p-board, p-oil]]
    expect: [{ at: 3 days, send: told }, { at: 3 days, leave: completed }]
  - name: and not when it stays away
    contact: { email: ada@shop.example }
    start: 2026-03-28 20:00
    events: [{ at: 0 minutes, event: Product Viewed, properties: { product_id: p-board } }]
    coupons: { back: 0 }
    expect: [{ at: 30 days, leave: completed }]
    never: [told]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (
        ("catalog", CATALOG),
        ("back-in-stock/journey", JOURNEY),
        ("back-in-stock/tests", TESTS),
    ):
        file = tmp_path / "journeys" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return tmp_path


class Door:
    """The command line in one workspace."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys = folder, capsys

    def __call__(self, *arguments: str, code: int = 0) -> str:
        assert main(["--workspace", str(self.folder), *arguments]) == code, self._capsys.readouterr()
        return self._capsys.readouterr().out

    def json(self, *arguments: str, code: int = 0) -> Any:
        return json.loads(self(*arguments, "--format", "json", code=code))


@pytest.fixture
def door(folder: Path, capsys: pytest.CaptureFixture[str]) -> Door:
    return Door(folder, capsys)


def test_products_are_imported_again_and_only_what_is_new_counts(door: Door) -> None:
    told = door.json("import", "products", str(SHOP / "products.csv"))
    assert (told["read"], told["stored"], told["created"], told["rejected"]) == (8, 8, 8, 0)
    assert door.json("import", "products", str(SHOP / "products.csv"))["duplicates"] == 8
    bad = door.folder / "bad.csv"
    bad.write_text("id,price\np-knife,cheap\np-chef,91\n", encoding="utf-8")
    told = door.json("import", "products", str(bad))
    assert (told["stored"], told["created"], told["rejected"]) == (1, 0, 1)
    assert json.loads((door.folder / "bad.csv.rejects.jsonl").read_text())["line"] == 2


def test_the_journeys_tests_pass(door: Door) -> None:
    assert all(one["passed"] for one in door.json("test")["tests"])


def test_from_the_empty_shelf_to_the_letter(door: Door) -> None:
    door("import", "products", str(SHOP / "products.csv"))
    codes = door.folder / "codes.csv"
    codes.write_text("code,expires_at\nBACK-1,2099-01-01\nBACK-1,\nOLD,2001-01-01\n", encoding="utf-8")
    told = door.json("import", "coupons", str(codes), "--pool", "back")
    assert (told["stored"], told["duplicates"], told["rejected"]) == (1, 1, 1)
    assert door.json("status")["pools"] == [{"pool": "back", "left": 1, "taken": 0, "expired": 0}]
    door("apply")
    door("import", "contacts", str(SHOP / "contacts.csv"))
    door("import", "events", str(SHOP / "events.jsonl"))
    seen = door.folder / "seen.jsonl"
    event = {
        "type": "track",
        "userId": "ada",
        "event": "Product Viewed",
        "properties": {"product_id": "p-board"},
    }
    seen.write_text(json.dumps(event) + "\n", encoding="utf-8")
    door("import", "events", str(seen), "--trigger")
    door("run", "--until-idle")
    assert door.json("messages", "list")["messages"] == []
    back = door.folder / "back.csv"
    back.write_text("id,stock\np-board,12\n", encoding="utf-8")
    door("import", "products", str(back))
    door("run", "--until-idle")
    (message,) = door.json("messages", "list")["messages"]
    assert (message["contact"], message["state"]) == ("ada", "sent")
    assert message["subject"] == "Walnut board is back"
    assert door.json("status")["pools"] == [{"pool": "back", "left": 0, "taken": 1, "expired": 0}]
    why = door("contact", "why", "ada")
    assert "BACK-1 of pool back" in why


def test_a_simulation_and_a_preview_know_the_products(door: Door) -> None:
    contact = json.dumps({"email": "ada@shop.example"})
    seen = door.folder / "seen.jsonl"
    event = {
        "type": "track",
        "userId": "ada",
        "event": "Product Viewed",
        "properties": {"product_id": "p-oil"},
    }
    seen.write_text(json.dumps({**event, "timestamp": "2026-03-28T19:00:00Z"}) + "\n", encoding="utf-8")
    products = f"@{SHOP / 'products.csv'}"
    given = ["back-in-stock", "--contact", contact, "--events", f"@{seen}", "--products", products]
    (message,) = door.json("simulate", *given)["messages"]
    assert (message["subject"], message["state"]) == ("Board oil is back", "sent")
    trigger = json.dumps({"product_id": "p-teapot"})
    given = ["back-in-stock/told", "--contact", contact, "--trigger", trigger, "--products", products]
    letter = door("preview", *given, "--format", "text")
    assert "Enamel teapot" in letter
    assert "EXAMPLE-" in letter
