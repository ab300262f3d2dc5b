"""One page with a letter of each kind, as its reader sees it: a browser opens it, no mail program needed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from email import message_from_bytes, policy
from html import escape
from pathlib import Path

_JOURNEY = re.compile(rb"^Feedback-ID: ([^:\r\n]+)", re.MULTILINE)
_SUBJECT = re.compile(rb"^Subject: ([^\r\n]+)", re.MULTILINE)
_HEADERS = 2048  # bytes; what makes a letter of another kind stands among the first of them

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Letters of the demo</title><style>
body {{ margin: 24px auto; max-width: 660px; padding: 0 12px; font: 15px/1.5 system-ui, sans-serif; }}
h2 {{ margin: 40px 0 0; }}
h3 {{ margin: 24px 0 4px; font-size: 16px; }}
p {{ margin: 0 0 8px; color: #666; }}
iframe {{ width: 100%; height: 560px; border: 1px solid #ccc; border-radius: 6px; }}
</style></head><body>
<h1>Letters of the demo</h1>
<p>The first of each kind. Nobody got them: they went to a mail server of the demo on this machine.</p>
{letters}
</body></html>
"""


def write_letters(page: Path, folders: Iterable[Path]) -> int:
    """Write the page from the captured mails of these folders; answers how many letters it shows."""
    kinds: dict[tuple[bytes, bytes], Path] = {}
    for folder in folders:
        for file in sorted(folder.glob("*.eml")):
            kinds.setdefault(_kind(file), file)
    in_order = sorted(kinds.items(), key=lambda kind: (kind[0][0], kind[1]))  # by journey, then as they came
    page.write_text(_PAGE.format(letters="\n".join(_sections(in_order))), encoding="utf-8")
    return len(kinds)


def _kind(file: Path) -> tuple[bytes, bytes]:
    """Journey and subject."""
    with file.open("rb") as opened:
        head = opened.read(_HEADERS)
    journey, subject = _JOURNEY.search(head), _SUBJECT.search(head)
    return journey[1] if journey else b"", subject[1] if subject else b""


def _sections(kinds: Sequence[tuple[tuple[bytes, bytes], Path]]) -> Iterable[str]:
    last = None
    for (journey, _), file in kinds:
        if journey != last:
            yield f"<h2>{escape(journey.decode())}</h2>"
        last = journey
        yield _letter(file)


def _letter(file: Path) -> str:
    """Its subject, to whom and when, and the letter in a frame in which nothing can run."""
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    body = mail.get_body(("html", "plain"))
    shown = "" if body is None else body.get_content()
    return (
        f"<h3>{escape(mail['Subject'] or '')}</h3>\n<p>to {escape(mail['To'] or '')}, "
        f'{escape(mail["Date"] or "")}</p>\n<iframe sandbox srcdoc="{escape(shown)}"></iframe>'
    )
