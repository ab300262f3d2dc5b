"""The page on which a person confirms that they want a topic: the second yes of a double opt-in.

The mail leads here; a scanner that follows the link confirms nothing, a button does. What is kept as proof:
when the question was asked and answered, the version of the mail that asked, and the network of the visitor.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine.calendar.instants import write_instant
from engine.errors import ReadError
from engine.model.contact import Contact
from engine.model.proof import Proof
from engine.service.links import Question
from engine.service.saying import Wish, saying
from engine.web.pages import SOURCE, Pages, masked, where_from
from engine.web.words import Words

#: So long a question can be answered; whoever comes later signs up anew.
LASTS = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Confirming:
    """/y/TOKEN."""

    pages: Pages

    def routes(self) -> list[Route]:
        """To look, and to confirm."""
        return [
            Route("/y/{token}", self._show, methods=["GET", "HEAD"]),
            Route("/y/{token}", self._confirm, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        question, contact, words = found
        text = self.pages.filled(
            words.confirm, topic=self._topic(question), address=masked(contact.email or contact.phone or "")
        )
        button = f'<button class="first">{self.pages.filled(words.do_confirm)}</button>'
        content = f'<p>{text}</p>\n<form method="post">{button}</form>'
        return self.pages.page(words, words.confirm_title, content)

    async def _confirm(self, request: Request) -> Response:
        found = await self._found(request)
        if isinstance(found, Response):
            return found
        question, contact, words = found
        if contact.topics.get(question.topic) is not True:  # whoever clicks twice has clicked once
            now = self.pages.inbox.now()
            details = {"asked_at": write_instant(question.asked_at), "network": where_from(request)}
            proof = Proof(wording=question.wording, confirmed_at=now, details=details)
            item = saying(contact.id, Wish(topics={question.topic: True}), SOURCE, now, proof)
            if not await self.pages.say(item):
                return self.pages.unsaved(words, words.confirm_title)
        text = self.pages.filled(words.confirmed, topic=self._topic(question))
        link = f"../p/{self.pages.links.preferences_token(contact.id)}"
        below = f'<p><a href="{link}">{self.pages.filled(words.to_preferences)}</a></p>'
        return self.pages.page(words, words.confirmed_title, f'<p role="status">{text}</p>\n{below}')

    async def _found(self, request: Request) -> tuple[Question, Contact, Words] | Response:
        """Whose question it is, or what to say instead."""
        pages = self.pages
        try:
            question = pages.links.question(request.path_params["token"])
        except ReadError:
            return pages.broken(request)
        contact = await pages.contact(question.contact_id)
        if contact is None:
            return pages.broken(request)
        words = pages.words(request, contact)
        if pages.inbox.now() - question.asked_at > LASTS:
            return pages.page(words, words.broken_title, f"<p>{pages.filled(words.too_old)}</p>", 410)
        return question, contact, words

    def _topic(self, question: Question) -> str:
        known = self.pages.topic(question.topic)
        return question.topic if known is None else known.name
