"""The page on which a person unsubscribes.

A POST does it at once, without a cookie and without a second question: RFC 8058 for mail programs, a button
for people. Whoever does it twice has done it once.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.errors import ReadError
from engine.model.proof import Proof
from engine.service.links import Person
from engine.service.saying import leaving, saying
from engine.web.pages import SOURCE, Pages, first_of, form_of, where_from
from engine.web.words import Words


@dataclass(frozen=True, slots=True)
class Leaving:
    """/u/TOKEN."""

    pages: Pages

    def routes(self) -> list[Route]:
        """To look, and to leave."""
        return [
            Route("/u/{token}", self._show, methods=["GET", "HEAD"]),
            Route("/u/{token}", self._leave, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        pages = self.pages
        try:
            person = pages.links.person(request.path_params["token"])
        except ReadError:
            return pages.broken(request)
        contact, topic = await pages.contact(person.contact_id), self._topic(person)
        words = pages.words(request, contact)
        ask = words.ask_all if topic is None else words.ask_topic
        buttons = (
            [("all", words.do_all)] if topic is None else [("topic", words.do_topic), ("all", words.do_all)]
        )
        content = f"<p>{pages.filled(ask, topic=topic or '')}</p>\n{self._form(buttons, topic)}"
        return pages.page(
            words, words.title, content + self._below(words, person, is_known=contact is not None)
        )

    async def _leave(self, request: Request) -> Response:
        pages = self.pages
        try:
            person = pages.links.person(request.path_params["token"])
        except ReadError:
            return pages.broken(request)
        form = await form_of(request)
        contact, topic = await pages.contact(person.contact_id), self._topic(person)
        words = pages.words(request, contact)
        is_everything = topic is None or first_of(form, "what") == "all"
        if contact is not None:  # somebody erased gets no mail any more, and is told the same
            proof = Proof(details={"way": "link in a message", "network": where_from(request)})
            wish = leaving(contact, None if is_everything else person.topic)
            if not await pages.say(saying(contact.id, wish, SOURCE, pages.inbox.now(), proof)):
                return pages.unsaved(words, words.title)
        done = words.done_all if is_everything else words.done_topic
        content = f'<p role="status">{pages.filled(done, topic=topic or "")}</p>\n'
        return pages.page(
            words, words.title, content + self._below(words, person, is_known=contact is not None)
        )

    def _topic(self, person: Person) -> str | None:
        """The name of the topic that can be left."""
        known = self.pages.topic(person.topic)
        return None if known is None else known.name

    def _below(self, words: Words, person: Person, *, is_known: bool) -> str:
        still = f"<p>{self.pages.filled(words.still)}</p>"
        if not is_known:
            return still
        link = f"../p/{self.pages.links.preferences_token(person.contact_id)}"
        return f'{still}\n<p><a href="{link}">{self.pages.filled(words.to_preferences)}</a></p>'

    def _form(self, buttons: list[tuple[str, str]], topic: str | None) -> str:
        """The action is left out: the page posts to itself, whatever proxy stands before it."""
        drawn = "\n".join(
            f'<button name="what" value="{what}"{" class=first" if number == 0 else ""}>'
            f"{self.pages.filled(text, topic=topic or '')}</button>"
            for number, (what, text) in enumerate(buttons)
        )
        return f'<form method="post">\n{drawn}\n</form>\n'
