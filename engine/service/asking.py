"""Asks another system for what its webhook only names: one GET, over https, to the host that the file names.

What cannot be had now is had later: the webhook is answered with 503, and its sender comes again. So there is
no queue of ours that a crash could lose.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from engine.channels.http.guard import Network, read_network
from engine.channels.http.wire import RefusedAddressError, UnsentError, UnsureError, Wire
from engine.errors import JourneysError
from engine.intake.webhooks import Question

#: Seconds for all answers, bytes of one, and questions of one request.
_PATIENCE: Final = 8.0
_LARGEST: Final = 1 << 20
_MOST: Final = 20

#: The other system knows of no such thing: that is an answer.
_NOTHING: Final = (404, 410)


class UnansweredError(JourneysError):
    """The other system does not answer now, or not to us. The text is for the log."""


async def ask(questions: Sequence[Question]) -> dict[str, Any]:
    """The answers by address; None where there is no such thing. Raises UnansweredError."""
    if len(questions) > _MOST:
        raise UnansweredError(f"a request asks for more than {_MOST} answers", "Let it be sent in parts.")
    try:
        async with asyncio.timeout(_PATIENCE):
            found = await asyncio.gather(*(_one(question) for question in questions))
    except TimeoutError:
        raise UnansweredError("the other system does not answer in time", "It is asked again.") from None
    return {question.url: answer for question, answer in zip(questions, found, strict=True)}


async def _one(question: Question) -> Any:
    wire = Wire(1, _PATIENCE, _allowed(question.url), _LARGEST)
    host = urlsplit(question.url).hostname
    headers = {"Accept": "application/json", "User-Agent": "journeys", **question.headers}
    try:
        answer = await wire.request("GET", question.url, headers, b"", _may_leave)
    except (RefusedAddressError, UnsentError, UnsureError) as error:
        raise UnansweredError(f"{host} does not answer: {error}", "It is asked again.") from None
    finally:
        await wire.close()
    if answer.status in _NOTHING:
        return None
    if answer.status != 200:
        raise UnansweredError(f"{host} answers {answer.status}", "Look at `fetch` in the source file.")
    try:
        return msgspec.json.decode(answer.text)
    except (msgspec.MsgspecError, RecursionError):
        raise UnansweredError(f"{host} answers something that is no JSON", "Look at its address.") from None


async def _may_leave() -> bool:
    return True


def _allowed(url: str) -> list[Network]:
    """This machine may be asked where the file names it by its number, which is for trying out."""
    is_here = urlsplit(url).hostname in ("127.0.0.1", "localhost")
    return [read_network("127.0.0.1")] if is_here else []
