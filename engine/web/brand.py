"""How the pages for contacts look: the shop's name, colour and logo, and a colour that can be read.

Contrast is that of WCAG 2.2 (1.4.3 and 1.4.11): 4.5 to 1 for words, on light and on dark ground.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from engine.errors import UsageError
from engine.service.settings import Settings

Rgb = tuple[int, int, int]

_WHITE: Final[Rgb] = (255, 255, 255)
_BLACK: Final[Rgb] = (0, 0, 0)
#: The ground of a page's card; the same as in page.html.
_LIGHT: Final[Rgb] = _WHITE
_DARK: Final[Rgb] = (30, 35, 44)
_ENOUGH: Final = 4.5
_STEPS: Final = 20

#: Pictures stand within the page, so nothing is loaded from elsewhere; as an image, SVG runs no script.
_KINDS: Final = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
}
_LARGEST: Final = 200_000

#: Without a colour of the shop's.
_DEFAULT: Final = "#1f4fd8"


@dataclass(frozen=True, slots=True)
class Brand:
    """`name` None: the sender's. `color` as in CSS, #rrggbb. `logo` is an image with its media type."""

    name: str | None = None
    color: str = _DEFAULT
    logo: tuple[str, bytes] | None = None

    def colors(self) -> dict[str, str]:
        """What the page fills in: the colour on light and on dark ground, and of words upon it."""
        light, dark = _readable(_rgb(self.color), _LIGHT), _readable(_rgb(self.color), _DARK)
        return {
            "act": _hex(light),
            "on_act": _hex(_upon(light)),
            "act_dark": _hex(dark),
            "on_act_dark": _hex(_upon(dark)),
        }

    def header(self, shop: str) -> str:
        """The logo, or the name in words."""
        if self.logo is None:
            return f"<span>{escape(shop)}</span>"
        kind, image = self.logo
        return f'<img src="data:{kind};base64,{b64encode(image).decode()}" alt="{escape(shop)}">'


def brand_of(settings: Settings) -> Brand:
    """As the config says. UsageError where the logo cannot be used."""
    pages = settings.pages
    logo = None if pages.logo is None else _logo(settings.workspace / pages.logo)
    return Brand(pages.name, pages.color or _DEFAULT, logo)


def _logo(file: Path) -> tuple[str, bytes]:
    kind = _KINDS.get(file.suffix.lower())
    if kind is None:
        raise UsageError(
            f"`pages.logo`: {file.name} is no picture that every browser shows",
            f"Use one of {', '.join(_KINDS)}.",
        )
    try:
        image = file.read_bytes()
    except OSError as error:
        raise UsageError(
            f"`pages.logo`: {file} cannot be read: {error.strerror}",
            "Write its path as seen from config.yaml.",
        ) from None
    if len(image) > _LARGEST:
        raise UsageError(f"`pages.logo`: {file.name} has {len(image):,} bytes", "Make it 200 KB or smaller.")
    return kind, image


def contrast(one: Rgb, other: Rgb) -> float:
    """From 1 to 21 (WCAG 2.2, contrast ratio)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Rgb) -> float:
    parts = (value / 255 for value in color)
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _readable(color: Rgb, ground: Rgb) -> Rgb:
    """The colour itself, or as little nearer to black or white as words in it need."""
    goal = _BLACK if _luminance(ground) > 0.5 else _WHITE
    for step in range(_STEPS + 1):
        mixed = _mixed(color, goal, step / _STEPS)
        if contrast(mixed, ground) >= _ENOUGH:
            return mixed
    return goal


def _upon(color: Rgb) -> Rgb:
    return max((_WHITE, _BLACK), key=lambda words: contrast(words, color))


def _mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _rgb(text: str) -> Rgb:
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def _hex(color: Rgb) -> str:
    return f"#{color[0]:02x}{color[1]:02x}{color[2]:02x}"
