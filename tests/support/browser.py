"""A real browser, Debian's Chromium, driven over its own protocol; and axe, which looks for barriers."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.support import npm

AXE = "axe-core@4.14.1"
_QUIET = (
    "--headless=new",
    "--no-sandbox",  # tests run as root in containers
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """Why there is no browser; None where there is one."""
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"there is no {program} on this machine (Debian: apt-get install chromium chromium-driver)"
    return None


@contextmanager
def browser() -> Iterator[Chrome]:
    """With an empty profile, which is gone afterwards."""
    options = ChromeOptions()
    options.binary_location = shutil.which("chromium") or ""
    with tempfile.TemporaryDirectory() as profile:
        for option in (*_QUIET, f"--user-data-dir={profile}"):
            options.add_argument(option)
        driver = Chrome(
            options, Service(shutil.which("chromedriver"), env={**os.environ, "SE_OFFLINE": "true"})
        )
        try:
            driver.set_page_load_timeout(30)
            yield driver
        finally:
            driver.quit()


def be_as_wide_as(driver: Chrome, width: int, *, is_dark: bool = False) -> None:
    """A screen of so many pixels, with the colours that its owner prefers."""
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def speak(driver: Chrome, language: str) -> None:
    """What the browser asks for. Debian's Chromium says who it is as ever."""
    agent = driver.execute_script("return navigator.userAgent")
    driver.execute_cdp_cmd("Network.setUserAgentOverride", {"userAgent": agent, "acceptLanguage": language})


def axe_source(folder: Path) -> str | None:
    """The script of axe; None where npm cannot bring it."""
    if npm.install(folder, AXE) is not None:
        return None
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")


def barriers(driver: Chrome, axe: str) -> list[Any]:
    """What axe finds against WCAG 2.2 A and AA and its own good habits, on the page that is open."""
    driver.execute_script(axe)
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document).then(found => done(found.violations.map("
        "one => [one.id, one.help, one.nodes.map(node => node.html)])));"
    )
    return list(found)
