"""Connecting a system as the documentation says: the commands, one after the other, and a real daemon."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from engine.service.starter import source_templates
from tests.acceptance.test_daemon_processes import ROOT, Shop, heard
from tests.acceptance.test_ingestion import Door
from tests.support import vendors

DOCS = ROOT / "docs" / "sources"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "shop", "http: { port: 0 }\n")
    catalog = shop.folder / "journeys" / "catalog.yaml"
    topic = "newsletter: { name: Newsletter, consent: opt_in }"
    catalog.write_text(catalog.read_text().replace("topics: { ", f"topics: {{ {topic}, "))
    return shop


def test_add_try_apply_and_a_signed_request(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    file = vendors.PAYLOADS / "shopify-order.json"
    shop.run("sources", "add", "shopify")
    assert "is there already" in shop.run("sources", "add", "shopify", expect=2).stderr
    tried = shop.run("sources", "try", "shopify", str(file), "--kind", "orders/create", "--no-color").stdout
    assert "contact   ada@shop.example" in tried
    assert "event     Order Completed of ada@shop.example, 2026-03-02T07:55:00Z" in tried
    assert "\n  total: 197.8\n" in tried
    without = shop.run("sources", "try", "shopify", str(file)).stdout
    assert "no rule wants it" in without
    assert "orders/create" in without
    assert "shopify, at /in/shopify" in shop.run("apply").stdout
    monkeypatch.setenv("SHOPIFY_WEBHOOK_SECRET", vendors.SECRETS["SHOPIFY_WEBHOOK_SECRET"])
    with shop.daemon() as daemon:
        door = Door(shop, heard(daemon, "listening on ")[-1].split()[-1])
        body = file.read_bytes()
        status, answer, _ = door.post("/in/shopify", body, vendors.shopify(body, "orders/create"))
        assert (status, answer) == (200, {"success": True})
        assert door.history() == [("ada@shop.example", "Order Completed")]
        assert door.post("/in/shopify", body, vendors.shopify(body, "orders/create", "no secret"))[0] == 401
    listed = json.loads(shop.run("sources", "list", "--format", "json").stdout)
    assert listed["sources"] == [{"id": "shopify", "kinds": {"orders/create": {"taken": 1}}}]


def test_the_secret_may_be_a_file(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "STRIPE_WEBHOOK_SECRET").write_text(vendors.SECRETS["STRIPE_WEBHOOK_SECRET"] + "\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert "STRIPE_WEBHOOK_SECRET" not in os.environ
    shop.run("sources", "add", "stripe")
    shop.run("apply")
    with shop.daemon() as daemon:
        door = Door(shop, heard(daemon, "listening on ")[-1].split()[-1])
        body, old = vendors.payload("stripe-checkout"), vendors.START
        assert door.post("/in/stripe", body, vendors.stripe(body, vendors.now()))[0] == 200
        assert door.post("/in/stripe", body, vendors.stripe(body, old))[0] == 401


def test_what_is_not_there_is_said_with_what_is(shop: Shop) -> None:
    told = shop.run("sources", "add", "shopfy", expect=2).stderr
    assert "Did you mean `shopify`?" in told
    assert (
        "there is no journeys/sources/shopify.yaml"
        in shop.run(
            *("sources", "try", "shopify", str(vendors.PAYLOADS / "shopify-order.json")), expect=2
        ).stderr
    )
    shop.run("sources", "add", "stripe")
    told = shop.run(
        *("sources", "try", "stripe", str(vendors.PAYLOADS / "stripe-checkout.json"), "--kind", "x"), expect=2
    ).stderr
    assert "--kind is of no use here" in told


def test_every_source_to_begin_with_has_a_page_of_three_steps() -> None:
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    assert {path.stem for path in DOCS.glob("*.md")} - {"README"} == set(source_templates())
    for name, text in source_templates().items():
        page = (DOCS / f"{name}.md").read_text(encoding="utf-8")
        assert f"]({name}.md)" in index
        assert f"1. `journeys sources add {name}`" in page
        assert "\n3. " in page
        variables = set(re.findall(r"\$\{(\w+)\}", text.decode()))
        assert variables
        assert [one for one in sorted(variables) if f"`{one}`" not in page] == []
