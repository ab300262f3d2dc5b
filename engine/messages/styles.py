"""Moves style sheets into `style` attributes, because many mail programs ignore `<style>`.

Done once when the message is compiled, if the HTML with its Liquid hidden survives the parser unchanged;
otherwise for each rendering. css-inline never gets to load anything: no remote style sheets, no files.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from css_inline import CSSInliner, InlineError

from engine.errors import RenderError
from engine.messages.pieces import Hidden
from engine.messages.places import (
    shape,
    styles_depend_on_values,
    text_words_as_comments,
    words_without_comments,
)

#: Media queries stay in a <style> of their own: they cannot be written into an attribute.
_INLINER: Final = CSSInliner(load_remote_stylesheets=False, keep_style_tags=False, keep_at_rules=True)
#: Marks a style sheet that stays where it is; MJML keeps its media queries in such. Nobody gets to see it.
LEFT_ALONE: Final = "data-left-alone"
_LEFT_ALONE: Final = re.compile(rf"<style {LEFT_ALONE}.*?</style>", re.DOTALL)
_STYLE: Final = re.compile(rf"<style\b(?! {LEFT_ALONE})", re.IGNORECASE)


def has_styles(html: str) -> bool:
    """Whether there is a style sheet to move."""
    return _STYLE.search(html) is not None


def without_marks(html: str) -> str:
    """The page as it leaves, with nothing left for us alone."""
    return html.replace(f"<style {LEFT_ALONE}", "<style")


def _without_sheets(html: str, inline: Callable[[str], str]) -> str:
    """Inline with the sheets that stay hidden behind comments, as css-inline would take them away."""
    sheets: list[str] = []

    def hide(found: re.Match[str]) -> str:
        sheets.append(found[0])
        return f"<!--sheet {len(sheets) - 1}-->"

    done = inline(_LEFT_ALONE.sub(hide, html))
    shown = re.sub(r"<!--sheet (\d+)-->", lambda found: sheets[int(found[1])], done)
    return without_marks(shown)


def inlined(html: str) -> str:
    """Finished HTML with its styles in attributes. Raises RenderError when the style sheet cannot be used."""
    try:
        return _without_sheets(html, _INLINER.inline)
    except InlineError as error:
        raise RenderError(f"the style sheet of this message cannot be used: {error}") from error


def inlined_template(html: str) -> str | None:
    """A Liquid template with its styles in attributes, or None when that has to wait for the values."""
    hidden = Hidden(html)
    if styles_depend_on_values(hidden):
        return None
    before = text_words_as_comments(hidden)
    after = inlined(before)
    # The parser closed or moved something: the blocks of Liquid are not whole elements.
    if shape(before) != shape(after):
        return None
    shown = words_without_comments(after, hidden)
    if hidden.word.findall(shown) != hidden.word.findall(hidden.text):
        return None
    return hidden.reveal(shown)
