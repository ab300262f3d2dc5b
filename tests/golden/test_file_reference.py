"""The reference of the files: a page for each kind of file, written from its schema, and the index of all.

`python -m tests.golden.test_file_reference --write` writes docs/reference/files and docs/reference/README.md
again. Every example on these pages is read and checked here, the whole ones and those of single keys.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from engine.language.schema import editor_schemas
from engine.language.shapes.catalog import CATALOG
from engine.language.shapes.header import HEADER_ALONE
from engine.language.shapes.journey_tests import TESTS
from engine.language.shapes.lifecycle import LIFECYCLE
from engine.language.shapes.message import MESSAGE
from engine.language.shapes.segments import SEGMENT
from engine.language.sources.schema import SOURCE
from engine.language.workspace import read_workspace
from engine.service.faults import all_faults
from tests.golden.test_language_reference import SHARED, words_of

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
REWRITE = "`python -m tests.golden.test_file_reference --write`"
CONFIG = ROOT / "config.example.yaml"

#: Keys that have pages of their own.
ELSEWHERE = {
    "trigger": "[triggers](../triggers/README.md)",
    "steps": "a list of [steps](../steps/README.md)",
}


#: Keys that say all there is to say of the keys below them, such as one for each channel.
WHOLE = (
    "tests[].contact.consent",
    # Values are told once, in a table of their own.
    *("contact.id", "contact.email", "contact.anonymous", "take[].contact"),
    *("take[].attributes", "take[].properties", "take[].properties_from", "take[].where"),
)


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of file: what it is for, the whole of a small one, and its schema."""

    name: str
    file: str  # as a workspace names it
    place: str  # where the example is put
    summary: str
    example: str
    schema: Mapping[str, Any]
    prefix: str = ""
    more: str = ""


JOURNEY = """\
dsl: 1
journey: abandoned-cart
name: Abandoned cart
owner: ada@shop.example
status: live
stage: conversion
activity: cart-reminder
trigger: { event: Cart Updated, key: event.cart_id }
enter_when: { did_not: Order Completed, within: 24 hours }
re_entry: { after: 7 days, if_running: restart }
exit_when:
  - { event: Order Completed, where: { event.cart_id: { same_as: trigger.cart_id } } }
goal: { event: Order Completed, within: 3 days, revenue: event.total }
defaults: { topic: cart, quiet_hours: 21:00-08:00 }
steps:
  - { id: cool-off, wait: 1 hour }
  - { id: first-reminder, send: email, message: reminder-1 }
"""
MESSAGE_TEXT = """\
---
subject: Your cart is still here
preheader: We have kept it for you.
from: shop
---
Hello {{ contact.first_name | default: "there" }},

you left something behind. [Open your cart](https://shop.example/cart)
"""
TESTS_TEXT = """\
tests:
  - name: a reminder leaves after an hour
    contact: { email: ada@shop.example, timezone: Europe/Zurich }
    start: 2026-03-10 10:00
    events:
      - { at: 0 minutes, event: Cart Updated, properties: { cart_id: c1, total: 180 } }
    expect:
      - { at: 1 hour, send: first-reminder }
      - { at: 1 hour, leave: completed }
  - name: who says no to cart reminders gets none
    contact: { email: ada@shop.example, topics: { cart: false } }
    start: 2026-03-10 10:00
    events:
      - { at: 0 minutes, event: Cart Updated, properties: { cart_id: c2, total: 20 } }
    expect:
      - { at: 1 hour, leave: completed }
    never: [first-reminder]
"""
CATALOG_TEXT = """\
contact:
  first_name: text
  country: { type: text, values: [CH, DE, AT] }
  orders: number
events:
  Cart Updated: { cart_id: text, items_count: number, total: number, products: list }
  Order Completed: { order_id: text, cart_id: text, total: number, products: list }
product:
  refill_days: number
topics:
  cart: { name: Cart reminders, consent: opt_out }
  newsletter: { name: Newsletter, consent: opt_in }
senders:
  shop: { from: "Example Shop <hello@shop.example>", postal_address: "Bahnhofstrasse 1, 8001 Zürich" }
defaults: { sender: shop, timezone: Europe/Zurich, locale: de-CH, currency: CHF }
"""
SEGMENTS_TEXT = """\
vip:
  description: Five orders or more
  when: { contact.orders: { gte: 5 } }
"""
LIFECYCLE_TEXT = """\
model: five-phases
stages:
  - id: retention
    name: Retention
    when: { did: Order Completed, within: 90 days }
    activities: [post-purchase, review-request]
  - { id: conversion, when: { did: Cart Updated, within: 7 days }, activities: [cart-reminder] }
"""
SOURCE_TEXT = """\
name: My shop
signature: { scheme: hmac, header: X-Signature, secret: "${MY_SHOP_SECRET}" }
select: type
contact: { id: customer.id, email: customer.email }
take:
  - when: order.paid
    event: Order Completed
    at: paid_at
    id: number
    attributes: { first_name: customer.first_name }
    properties:
      order_id: number
      cart_id: cart
      total: { path: total, as: cents }
      products:
        each: lines
        fields: { product_id: sku, name: title, quantity: count }
"""
#: The keys of a value, with the `where` and the `fields` of an item.
VALUES = SOURCE["properties"]["take"]["items"]["properties"]["properties"]["additionalProperties"]["anyOf"][2]


def values_of_sources() -> str:
    rows = "".join(_row(Key(name, one, False)) for name, one in VALUES["properties"].items())
    return (
        "\n## Values\n\nA value is a path, a list of paths of which the first counts that leads to something,"
        " or a mapping of these keys. Null and an empty text are not said; what is not said is left out.\n\n"
        f"| key | takes | meaning |\n| --- | --- | --- |\n{rows}"
        "\n## Paths\n\n| path | leads to |\n| --- | --- |\n"
        "| `customer.email` | a value within a value |\n"
        "| `line_items[].price` | that of every item of a list, as a list |\n"
        "| `discount_codes[0].code` | that of the first item |\n"
        "| `answers[field.ref=city].text` | that of the first item whose `field.ref` is `city` |\n"
        "| `header.X-Topic` | a header of the request |\n"
        "| `address` | what stands behind the name of the source in the address: `/in/NAME/WORD` |\n"
        "| `fetched.billing.email` | in what the other system answered (`fetch`) |\n"
        "| `body.currency` | from the top of the payload, where paths begin at an item of a list |\n"
        "\nA body that is a list is taken item by item. How to connect a system, and the ones that are known:"
        " [sources](../../sources/README.md).\n"
    )


PAGES = (
    Page(
        "journey",
        "journey.yaml",
        "journeys/abandoned-cart/journey.yaml",
        "A journey, in a folder of its own name together with its messages and tests; `journeys/ID.yaml`"
        " without a folder will do as well.",
        JOURNEY,
        HEADER_ALONE,
        more="\nWhat may be changed while people are inside, and how:"
        " [changing a journey](../../changing-a-journey.md).\n",
    ),
    Page(
        "message",
        "messages",
        "journeys/abandoned-cart/reminder-1.md",
        "A message lies beside its journey: keys between two lines `---`, then the text in Markdown (`.md`),"
        " HTML (`.html`) or MJML (`.mjml`), with Liquid.",
        MESSAGE_TEXT,
        MESSAGE,
        more="\nLiquid may print `contact`, `trigger`, `with`, `step`, `journey`, `product`, `now`,"
        " `links.unsubscribe` and what `coupon` and `recommend` named. What may be missing needs"
        " `default`: nothing is sent half-empty. Filters of our own: `money`, `date` and `plural`.\n",
    ),
    Page(
        "tests",
        "tests.yaml",
        "journeys/abandoned-cart/tests.yaml",
        "The tests of a journey, beside it. They run on a virtual clock with `journeys test`.",
        TESTS_TEXT,
        TESTS,
        more="\nThe contact's keys are `id`, `email`, `phone`, `timezone`, `locale`, `created_at`, `topics`"
        " (`{newsletter: true}`), `consent` (`{sms: true}`), `suppressed`, `paused_until` and `history`"
        " (events before the start); every other key is an attribute.\n",
    ),
    Page(
        "catalog",
        "catalog.yaml",
        "journeys/catalog.yaml",
        "What journeys may name. Without it no name is checked, and `journeys validate` says so.",
        CATALOG_TEXT,
        CATALOG,
        more="\nBuilt in, and not to be listed: the attributes `id`, `email`, `phone`, `timezone`, `locale`,"
        " `stage`, `created_at` of every contact, and `id`, `name`, `price`, `url`, `image`, `category`,"
        " `stock`, `created_at` of every product.\n",
    ),
    Page(
        "segments",
        "segments.yaml",
        "journeys/segments.yaml",
        "Conditions with a name, for `in_segment` and for triggers.",
        SEGMENTS_TEXT,
        SEGMENT,
        prefix="NAME.",
    ),
    Page(
        "lifecycle",
        "lifecycle.yaml",
        "journeys/lifecycle.yaml",
        "The stages of the customer lifecycle, each with the rule that puts a contact there.",
        LIFECYCLE_TEXT,
        LIFECYCLE,
        more="\nFive models to start from: [examples/lifecycles](../../../examples/lifecycles/README.md).\n",
    ),
    Page(
        "source",
        "sources/NAME.yaml",
        "journeys/sources/my-shop.yaml",
        "How the webhooks of another system become contacts and events. `POST /in/NAME` is where they go.",
        SOURCE_TEXT,
        SOURCE,
        more="",
    ),
)


# --- keys, however deep ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A key by its whole path: `goal.within`, `exit_when[].event`, `topics.NAME.consent`."""

    path: str
    schema: Mapping[str, Any]
    is_required: bool


def keys_of(schema: Mapping[str, Any], prefix: str = "") -> Iterator[Key]:
    required = schema.get("required", ())
    for name, one in schema.get("properties", {}).items():
        yield Key(f"{prefix}{name}", one, name in required)
        yield from _below(f"{prefix}{name}", one)


def _below(path: str, schema: Mapping[str, Any]) -> Iterator[Key]:
    if path in WHOLE:
        return
    for form in (schema, *schema.get("anyOf", ())):
        if "properties" in form:
            yield from keys_of(form, f"{path}.")
        if isinstance(form.get("items"), dict):
            yield from _below(f"{path}[]", form["items"])
        if isinstance(form.get("additionalProperties"), dict):
            yield from _below(f"{path}.NAME", form["additionalProperties"])


def table(page: Page) -> str:
    rows = [_row(key) for key in keys_of(page.schema, page.prefix)]
    return "| key | takes | meaning |\n| --- | --- | --- |\n" + "".join(rows)


def _row(key: Key) -> str:
    meaning = ("Required. " if key.is_required else "") + key.schema.get("description", "")
    example = _example(key)
    if example and example not in meaning:
        meaning = f"{meaning} For example `{example}`."
    cells = (f"`{key.path}`", _takes(key), meaning)
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |\n"


def _takes(key: Key) -> str:
    return ELSEWHERE.get(key.path) or words_of(key.schema)


def _example(key: Key) -> str:
    """The first example of a key, as it is written in YAML on one line."""
    examples = key.schema.get("examples", ())
    if not examples:
        return ""
    name = key.path.rpartition(".")[2]
    text = yaml.safe_dump(
        {name: examples[0]}, default_flow_style=True, width=10_000, sort_keys=False, allow_unicode=True
    )
    return text.strip().removeprefix("{").removesuffix("}")


# --- config.yaml, whose example explains itself ----------------------------------------------------

_LINE = re.compile(r"^(?P<indent> *)(?P<key>[a-z_ ]+):(?: +(?P<value>[^#\s][^#]*?))?(?: +# ?(?P<words>.*))?$")


@dataclass(frozen=True, slots=True)
class Setting:
    path: str
    default: str
    meaning: str


def settings() -> list[Setting]:
    """Every setting of config.example.yaml with its default and its comment, sections left out."""
    found, sections = [], [""]  # the names above a line, by its indentation
    for line in CONFIG.read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        key, value = match["key"], match["value"] or ""
        depth = len(match["indent"]) // 2
        above = sections[depth]
        if value:
            found.append(Setting(f"{above}{key}", value, match["words"] or ""))
        sections = [*sections[: depth + 1], "" if value and not depth else f"{above}{key}."]
    return found


def config_page() -> str:
    rows = "".join(
        f"| `{one.path}` | {'nothing' if one.default == 'null' else f'`{one.default}`'} |"
        f" {one.meaning.replace('|', chr(92) + '|')} |\n"
        for one in settings()
    )
    return (
        "# config.yaml\n\nHow an installation runs. Every setting may be left out."
        " `journeys init` makes the file from"
        " [config.example.yaml](../../../config.example.yaml). The environment wins over it:"
        ' `JOURNEYS_SMTP__PORT=2525` overrides `smtp: { port: … }`. Secrets are `"${NAME}"` there, and come'
        " from the environment, or from a file of that name in `$CREDENTIALS_DIRECTORY`.\n\n"
        "| setting | default | meaning |\n| --- | --- | --- |\n"
        f"{rows}\nThis page is written by {REWRITE}.\n"
    )


# --- the pages and the index ----------------------------------------------------------------------


def text_of(page: Page) -> str:
    kind = "md" if page.name == "message" else "yaml"
    required = " `NAME` stands for a name of your own." if "NAME" in table(page) else ""
    dots = " `a.b` is the key `b` below `a`; `a[].b` stands in each item of a list."
    more = values_of_sources() if page.name == "source" else page.more
    return (
        f"# {page.file}\n\n{page.summary}\n\n```{kind}\n{page.example}```\n\n## Keys\n\n"
        f"What is not required may be left out.{dots}{required}\n\n{table(page)}{more}"
        f"\nThis page is written by {REWRITE}.\n"
    )


def index() -> str:
    files = "".join(f"* [{page.file}](files/{page.name}.md): {page.summary}\n" for page in PAGES)
    return (
        "# Reference\n\nEverything, to look up. These pages are written from the program's own tables.\n\n"
        f"## Files\n\n{files}* [config.yaml](files/config.md): How an installation runs.\n\n"
        "## The language\n\n"
        "* [Triggers](triggers/README.md): who enters.\n"
        "* [Steps](steps/README.md): what happens.\n"
        "* [Conditions](conditions/README.md): what is asked.\n\n"
        "## What `journeys validate` says\n\n"
        "* [Faults](faults.md): what cannot run, by code.\n"
        "* [Lint](lint.md): what runs and is hardly meant, by code.\n\n"
        f"This page is written by {REWRITE}.\n"
    )


def written() -> dict[str, str]:
    found = {f"files/{page.name}.md": text_of(page) for page in PAGES}
    return {**found, "files/config.md": config_page(), "README.md": index()}


def on_disk() -> dict[str, str]:
    paths = [*sorted((FOLDER / "files").glob("*.md")), FOLDER / "README.md"]
    return {
        path.relative_to(FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.exists()
    }


def write() -> None:
    (FOLDER / "files").mkdir(parents=True, exist_ok=True)
    for name in on_disk().keys() - written().keys():
        (FOLDER / name).unlink()
    for name, text in written().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


# --- fresh, complete, right -----------------------------------------------------------------------


def test_the_pages_are_fresh() -> None:
    assert on_disk() == written(), f"docs/reference is stale; {REWRITE} writes it again"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_is_explained(page: Page) -> None:
    assert [key.path for key in keys_of(page.schema) if not key.schema.get("description")] == []


def test_every_file_with_a_schema_has_a_page() -> None:
    assert {f"{page.name}.schema.json" for page in PAGES} == set(editor_schemas())


def test_keys_are_found_at_every_depth() -> None:
    """By hand: one of each form."""
    by_name = {page.name: {key.path for key in keys_of(page.schema, page.prefix)} for page in PAGES}
    assert {"dsl", "goal.within", "exit_when[].event", "re_entry.max", "ends.inside"} <= by_name["journey"]
    assert {"topics.NAME.consent", "contact.NAME.values", "defaults.locale"} <= by_name["catalog"]
    assert {"tests[].expect[].leave", "tests[].events[].at", "products[].id"} <= by_name["tests"]
    assert by_name["segments"] == {"NAME.when", "NAME.description"}


def test_the_examples_are_a_workspace_without_a_fault() -> None:
    files = {page.place: page.example.encode() for page in PAGES}
    workspace = read_workspace(files)
    assert [fault for fault in all_faults(workspace, files) if fault.severity == "error"] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_example_of_each_key_is_right(page: Page) -> None:
    definitions = editor_schemas()["journey.schema.json"]["definitions"]
    for key in keys_of(page.schema):
        schema = {**key.schema, "definitions": definitions}
        for example in key.schema.get("examples", ()):
            if set(key.schema) - {"description", "examples"}:
                assert list(Draft7Validator(schema).iter_errors(example)) == [], key.path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_examples_read_as_they_were_meant(page: Page) -> None:
    for key in keys_of(page.schema):
        text = _example(key)
        if text:
            assert list(yaml.safe_load(f"{{{text}}}").values()) == [key.schema["examples"][0]], key.path


def test_every_setting_is_on_its_page_with_a_meaning() -> None:
    told = {one.path for one in settings()}
    assert told == set(_paths(yaml.safe_load(CONFIG.read_text(encoding="utf-8"))))
    assert [one.path for one in settings() if not one.meaning] == []


def _paths(given: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, value in given.items():
        if isinstance(value, dict) and value:
            yield from _paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def test_what_is_shared_leads_to_a_page() -> None:
    for words in SHARED.values():
        for link in re.findall(r"\]\(([^)]+)\)", words):
            assert (FOLDER / "files" / link).exists()


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit(f"Write docs/reference again with: {REWRITE}")
    write()
    print(f"Wrote {len(written())} pages below {FOLDER.relative_to(ROOT)}")
