"""The pages for contacts in a real browser, beside a running daemon: to choose, confirm, see, be forgotten.

Without a browser those tests say so and are skipped; the rest knocks with plain HTTP.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.ui import WebDriverWait

from tests.acceptance.test_daemon_processes import Shop, until
from tests.acceptance.test_ingestion import key_of, listening
from tests.acceptance.test_leaving import Reader
from tests.support import browser

CONFIG = """\
http: { port: 0, public_url: https://mail.shop.example }
pages: { name: Bücher & Co, color: "#ffd400" }
"""
CATALOG = """\
topics:
  news: { name: "News <b>&</b>", consent: opt_out }
  offers: { name: Offers, consent: opt_in }
  club: { name: Club, consent: double_opt_in }
  orders: { name: Orders, consent: none }
senders: { shop: { from: "Example Shop <hello@shop.example>" } }
defaults: { sender: shop, locale: en }
"""
WELCOME = """\
dsl: 1
journey: welcome
status: live
owner: lifecycle@shop.example
trigger: { event: Signed Up }
re_entry: always
steps:
  - id: letter
    send: email
    topic: news
    subject: Welcome
    body: "Hello {{ contact.id }}. [Choose]({{ links.preferences }}) [View]({{ links.view }})"
  - { id: receipt, send: email, transactional: true, subject: Receipt, body: Thank you. }
"""
CONFIRM = """\
dsl: 1
journey: confirm
status: live
owner: lifecycle@shop.example
trigger: { event: Subscription Requested, key: event.topic }
re_entry: always
steps:
  - { id: question, send: email, transactional: true, subject: Confirm, body: "[Yes]({{ links.confirm }})" }
"""
CLUB = """\
dsl: 1
journey: club
status: live
owner: lifecycle@shop.example
trigger: { event: Topic Subscribed, where: { event.topic: club } }
steps:
  - { id: inside, send: email, topic: club, subject: Inside, body: Welcome to the club. }
"""


class Pages(Reader):
    """A person with their mail and a browser."""

    def address(self, path: str) -> str:
        return f"http://127.0.0.1:{self.door.port}{path}"

    def path(self, letter: EmailMessage, kind: str) -> str:
        """Of a page that the letter leads to."""
        html = letter.get_body(("html",))
        assert html is not None
        found = re.search(rf'https://mail\.shop\.example(/{kind}/[\w-]+)"', html.get_content())
        assert found is not None, html.get_content()
        return found[1]

    def preferences(self, contact: str, **traits: object) -> str:
        """Signs up, and finds the link in the mail."""
        self.tell(contact, **traits)
        return self.path(self.sign_up(contact), "p")

    def tell(self, contact: str, **traits: object) -> None:
        number = self.door.rows("SELECT count(*) FROM event")[0][0]
        told = {"type": "identify", "userId": contact, "messageId": f"{contact}-told{number}"}
        email = {"email": f"{contact}@customers.example"}
        item = {**told, "traits": {**email, **traits}}
        assert self.door.post("/v1/batch", {"batch": [item]}, self.key)[0] == 200

    def column(self, contact: str, name: str) -> object:
        ((text,),) = self.door.rows(f"SELECT {name} FROM contact WHERE id = '{contact}'")
        return json.loads(text) if isinstance(text, str) and text.startswith("{") else text

    def fingerprint(self) -> str:
        """Of everything that pages could change."""
        tables = (
            "contact",
            "event",
            "consent",
            "suppression",
            "enrollment",
            "message",
            "rejected_item",
            "trace",
        )
        rows = [self.door.rows(f"SELECT * FROM {table}") for table in tables]
        return hashlib.sha256(repr(rows).encode()).hexdigest()


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pages]:
    shop = Shop(tmp_path_factory.mktemp("shop") / "shop", CONFIG)
    journeys = shop.folder / "journeys"
    (journeys / "catalog.yaml").write_text(CATALOG)
    for name, text in {"welcome": WELCOME, "confirm": CONFIRM, "club": CLUB}.items():
        (journeys / f"{name}.yaml").write_text(text)
    shop.run("apply")
    with listening(shop) as door:
        yield Pages(door, key_of(shop))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chrome]:
    if (reason := browser.missing()) is not None:
        pytest.skip(reason)
    with browser.browser() as driver:
        yield driver


@pytest.fixture
def screen(chromium: Chrome) -> Chrome:
    """As on a desk."""
    browser.be_as_wide_as(chromium, 1200)
    browser.speak(chromium, "en")
    return chromium


def labelled(screen: Chrome, text: str) -> WebElement:
    """A box by the words beside it, as people find it."""
    (label,) = [one for one in screen.find_elements(By.TAG_NAME, "label") if one.text.split("\n")[0] == text]
    return label


def ticked(screen: Chrome) -> list[str]:
    boxes = screen.find_elements(By.CSS_SELECTOR, "label:has(input:checked)")
    return [one.text.split("\n")[0] for one in boxes]


def press(screen: Chrome, text: str) -> None:
    (button,) = [one for one in screen.find_elements(By.CSS_SELECTOR, "button, a") if one.text == text]
    with another_page(screen):
        button.click()


@contextmanager
def another_page(screen: Chrome) -> Iterator[None]:
    """Until what is done here has led to the next page."""
    before = screen.find_element(By.TAG_NAME, "html")
    yield
    WebDriverWait(screen, 20).until(staleness_of(before))


def heading(screen: Chrome) -> str:
    return screen.find_element(By.TAG_NAME, "h1").text


# --- choosing ------------------------------------------------------------------------------------


def test_choosing_topics_channels_a_break_and_a_language(pages: Pages, screen: Chrome) -> None:
    path = pages.preferences("ada", phone="+41791234567")
    screen.get(pages.address(path))
    assert heading(screen) == "What you get from us"
    assert ticked(screen) == ["News <b>&</b>", "E-mail", "No break", "English"]
    assert "a•••@customers.example" in screen.page_source
    assert "ada@customers" not in screen.page_source, "a letter that was passed on shows nobody's address"
    assert not screen.find_elements(By.TAG_NAME, "script")
    for text in ("News <b>&</b>", "Offers", "Text message (SMS)", "For 30 days", "Deutsch"):
        labelled(screen, text).click()
    press(screen, "Save")
    assert screen.find_element(By.CSS_SELECTOR, "[role=status]").text.startswith("Ihre Auswahl")
    assert screen.find_element(By.TAG_NAME, "html").get_attribute("lang") == "de"
    assert pages.topics("ada") == {"news": False, "offers": True}
    assert pages.column("ada", "consents") == {"sms": True}
    assert pages.column("ada", "locale") == "de"
    until_at = datetime.fromtimestamp(int(str(pages.column("ada", "paused_until"))) / 1e6, UTC)
    assert abs(until_at - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=5)
    assert any(one.startswith("Bis ") for one in ticked(screen)), "the break that runs is shown"
    labelled(screen, "Keine Pause").click()
    labelled(screen, "English").click()
    press(screen, "Speichern")
    assert int(str(pages.column("ada", "paused_until"))) / 1e6 <= datetime.now(UTC).timestamp()
    said = pages.door.rows(
        "SELECT topic, channel, state, source, wording, proof FROM consent c "
        "WHERE contact = (SELECT key FROM contact WHERE id = 'ada') ORDER BY id"
    )
    assert {one[:4] for one in said} == {
        ("news", None, "no", "page"),
        ("offers", None, "yes", "page"),
        (None, "sms", "yes", "page"),
    }
    assert said[0][4] == "preferences page, en"
    assert json.loads(said[0][5])["network"] == "127.0.0.0/24"


def test_saving_without_a_change_states_nothing(pages: Pages, screen: Chrome) -> None:
    """Nobody was asked about news; it is to stay so when somebody only looks and saves."""
    path = pages.preferences("bob")
    before = pages.fingerprint()
    screen.get(pages.address(path))
    press(screen, "Save")
    press(screen, "Save")
    assert pages.fingerprint() == before or pages.column("bob", "locale") == "en"
    assert pages.topics("bob") == {}


def test_a_topic_that_was_not_on_the_page_is_not_spoken_of(pages: Pages) -> None:
    path = pages.preferences("tom")
    assert pages.ask("POST", path, "do=save&shown=offers&topic=offers")[0] == 200
    assert pages.topics("tom") == {"offers": True}
    assert pages.ask("POST", path, "do=save&shown=orders&topic=orders&shown=nothing&topic=nothing")[0] == 200
    assert pages.topics("tom") == {"offers": True}, "what is never asked, or not there, cannot be chosen"


def test_nothing_any_more(pages: Pages, screen: Chrome) -> None:
    path = pages.preferences("eve")
    screen.get(pages.address(path))
    press(screen, "Unsubscribe from everything")
    assert "unsubscribed from all advertising" in screen.find_element(By.CSS_SELECTOR, "[role=status]").text
    assert pages.topics("eve") == {"*": False}
    assert "News <b>&</b>" not in ticked(screen)
    letters = len(pages.mail("eve", "Welcome"))
    pages.sign_up("eve")
    assert len(pages.mail("eve", "Welcome")) == letters


def test_with_the_keyboard_alone(pages: Pages, screen: Chrome) -> None:
    path = pages.preferences("kay")
    screen.get(pages.address(path))
    seen = []
    for _ in range(30):
        screen.switch_to.active_element.send_keys(Keys.TAB)
        focused = screen.switch_to.active_element
        outline = focused.value_of_css_property("outline-style")
        seen.append(focused.accessible_name)
        if focused.tag_name != "body":
            assert outline == "solid", f"nobody sees where the focus is: {focused.accessible_name}"
        if focused.accessible_name == "Offers":
            focused.send_keys(Keys.SPACE)
        if focused.accessible_name == "Save":
            with another_page(screen):
                focused.send_keys(Keys.ENTER)
            break
    assert pages.topics("kay") == {"offers": True}, seen


# --- double opt-in -------------------------------------------------------------------------------


def test_the_unconfirmed_get_nothing_until_they_confirm(pages: Pages, screen: Chrome) -> None:
    pages.tell("zoe", topics={"club": True}, consent_source="footer form")
    until(lambda: bool(pages.mail("zoe", "Confirm")))
    assert pages.column("zoe", "topics") == {"club": "asked"}
    pages.tell("zoe", topics={"club": True})  # a shop that repeats all it knows asks nobody twice
    pages.sign_up("zoe")
    assert len(pages.mail("zoe", "Confirm")) == 1
    path = pages.path(pages.mail("zoe", "Confirm")[0], "y")
    screen.get(pages.address(path))
    assert heading(screen) == "One more click"
    assert "“Club” from Bücher & Co at z•••@customers.example" in screen.page_source.replace("&amp;", "&")
    assert pages.column("zoe", "topics") == {"club": "asked"}, "looking confirms nothing"
    press(screen, "Confirm")
    assert screen.find_element(By.CSS_SELECTOR, "[role=status]").text == "You are subscribed to Club."
    until(lambda: bool(pages.mail("zoe", "Inside")))
    assert pages.topics("zoe") == {"club": True}
    assert {
        ("zoe", "Subscription Requested"),
        ("zoe", "Subscription Confirmed"),
        ("zoe", "Topic Subscribed"),
    } <= set(pages.door.history())
    assert pages.ask("POST", path)[0] == 200  # whoever clicks twice has clicked once
    asked, confirmed = pages.door.rows(
        "SELECT state, source, wording, proof FROM consent "
        "WHERE contact = (SELECT key FROM contact WHERE id = 'zoe') ORDER BY id"
    )
    assert asked[:3] == ("asked", "footer form", None)
    assert confirmed[:2] == ("yes", "page")
    assert confirmed[2].startswith("confirm/question@")
    proof = json.loads(confirmed[3])
    assert proof["network"] == "127.0.0.0/24"
    assert proof["asked_at"] <= proof["confirmed_at"]


# --- data ----------------------------------------------------------------------------------------


def test_a_copy_of_the_data_for_whoever_knows_the_address(pages: Pages, screen: Chrome) -> None:
    path = pages.preferences("max")
    screen.get(pages.address(path))
    press(screen, "Get a copy of my data")
    assert heading(screen) == "A copy of your data"
    screen.find_element(By.ID, "address").send_keys("somebody@else.example")
    press(screen, "Download my data")
    assert "Nothing was done" in screen.find_element(By.CSS_SELECTOR, "[role=alert]").text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, text, headers = pages.ask("POST", f"{path}/data", "address=+MAX%40customers.example", form)
    assert (status, headers["content-disposition"]) == (200, 'attachment; filename="my-data.json"')
    told = json.loads(text)
    assert told["contact"]["email"] == "max@customers.example"
    assert [one["step"] for one in told["messages"]] == ["letter", "receipt"]


def test_being_forgotten(pages: Pages, screen: Chrome) -> None:
    path = pages.preferences("leo")
    screen.get(pages.address(path))
    press(screen, "Erase my data")
    screen.find_element(By.ID, "address").send_keys("leo@customers.example")
    press(screen, "Erase everything for good")
    assert heading(screen) == "Your data are erased"
    assert pages.door.rows("SELECT count(*) FROM contact WHERE id = 'leo'") == [(0,)]
    assert pages.mail("leo", "Welcome") == [], "captured letters are gone too"
    assert pages.ask("GET", path)[0] == 404
    pages.tell("leo")
    assert pages.door.rows("SELECT count(*) FROM contact WHERE id = 'leo'") == [(0,)]


# --- safety --------------------------------------------------------------------------------------


def test_looking_changes_nothing_anywhere(pages: Pages) -> None:
    letter = pages.sign_up("amy")
    pages.tell("amy", topics={"club": True}, consent_source="form")
    until(lambda: bool(pages.mail("amy", "Confirm")))
    choose, view = pages.path(letter, "p"), pages.path(letter, "v")
    confirm = pages.path(pages.mail("amy", "Confirm")[0], "y")
    before = pages.fingerprint()
    for path in (choose, f"{choose}/data", f"{choose}/erase", view, confirm):
        for method in ("GET", "HEAD"):
            status, page, headers = pages.ask(method, path)
            assert status == 200, path
            assert headers["cache-control"] == "no-store"
            assert headers["referrer-policy"] == "no-referrer"
            assert "frame-ancestors 'none'" in headers["content-security-policy"]
            assert "<script" not in page
    assert pages.fingerprint() == before


def test_a_link_opens_its_own_page_alone(pages: Pages) -> None:
    letter = pages.sign_up("kim")
    pages.tell("kim", topics={"club": True}, consent_source="form")
    until(lambda: bool(pages.mail("kim", "Confirm")))
    tokens = {kind: pages.path(letter, kind).rpartition("/")[2] for kind in ("p", "v")}
    tokens["y"] = pages.path(pages.mail("kim", "Confirm")[0], "y").rpartition("/")[2]
    header = re.search(r"/u/([\w-]+)", str(letter["List-Unsubscribe"]))
    assert header is not None
    tokens["u"] = header[1]
    before = pages.fingerprint()
    for kind, token in tokens.items():
        others = [one for one in "upyv" if one != kind]
        flipped = token[:7] + ("A" if token[7] != "A" else "B") + token[8:]
        wrong = [f"/{other}/{token}" for other in others] + [f"/{kind}/{flipped}", f"/{kind}/{token}x" * 2]
        for path in wrong:
            for method in ("GET", "POST"):
                status = pages.ask(method, path, "do=leave&what=all" if method == "POST" else "")[0]
                assert status in (404, 405), path
    assert pages.fingerprint() == before


def test_a_form_that_is_much_too_large_breaks_nothing(pages: Pages) -> None:
    path = pages.preferences("liz")
    for body in ("do=save&" + "shown=offers&" * 5_000, "a" * 300_000, "shown=%ff%fe&topic=\x00"):
        assert pages.ask("POST", path, body)[0] == 200
    assert pages.topics("liz") == {}


def test_a_message_as_a_page(pages: Pages) -> None:
    path = pages.path(pages.sign_up("joe"), "v")
    status, page, headers = pages.ask("GET", path)
    assert status == 200
    assert "Hello joe" in page
    assert "sandbox" in headers["content-security-policy"]


# --- how it looks --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    source = browser.axe_source(tmp_path_factory.mktemp("axe"))
    if source is None:
        pytest.skip("npm cannot bring axe-core, so nobody looks for barriers")
    return source


def all_pages(pages: Pages) -> list[str]:
    """A path of each page, also of those that say no."""
    letter = pages.sign_up("pat")
    choose = pages.path(letter, "p")
    pages.tell("pat", topics={"club": True}, consent_source="form", phone="+41791234567")
    until(lambda: bool(pages.mail("pat", "Confirm")))
    leave = re.search(r"(/u/[\w-]+)", str(letter["List-Unsubscribe"]))
    assert leave is not None
    confirm = pages.path(pages.mail("pat", "Confirm")[-1], "y")
    return [choose, f"{choose}/data", f"{choose}/erase", leave[1], confirm, "/p/nothing"]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_every_page_fits_and_has_no_barriers(
    pages: Pages, screen: Chrome, axe: str, language: str, tmp_path: Path
) -> None:
    browser.speak(screen, language)
    for number, path in enumerate(all_pages(pages)):
        for width, is_dark in ((320, False), (320, True), (1200, False), (1200, True)):
            browser.be_as_wide_as(screen, width, is_dark=is_dark)
            screen.get(pages.address(path))
            assert screen.find_element(By.TAG_NAME, "html").get_attribute("lang") == language
            wide = screen.execute_script("return document.documentElement.scrollWidth")
            screen.save_screenshot(str(tmp_path / f"{number}-{width}-{'dark' if is_dark else 'light'}.png"))
            assert wide <= width, f"{path} scrolls sideways at {width} pixels"
            assert browser.barriers(screen, axe) == [], (path, width, is_dark)
