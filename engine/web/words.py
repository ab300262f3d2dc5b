"""What the pages for contacts say, in their language: English, German, French."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `{topic}` stands for the topic's name, `{shop}` for the shop's."""

    language: str
    title: str
    ask_topic: str
    ask_all: str
    do_topic: str
    do_all: str
    done_topic: str
    done_all: str
    still: str
    broken_title: str
    broken: str


WORDS: Mapping[str, Words] = {
    "en": Words(
        "en",
        "Unsubscribe",
        "Do you no longer want mail about “{topic}” from {shop}?",
        "Do you no longer want advertising from {shop}?",
        "Unsubscribe from {topic}",
        "Unsubscribe from everything",
        "You are unsubscribed from {topic}. It holds from now on.",
        "You are unsubscribed from all advertising. It holds from now on.",
        "You will still get what concerns your orders.",
        "This link is not whole",
        "Please open it from the mail itself, or write to {shop}.",
    ),
    "de": Words(
        "de",
        "Abmelden",
        "Möchten Sie keine Mails zu «{topic}» von {shop} mehr?",
        "Möchten Sie keine Werbung von {shop} mehr?",
        "Von {topic} abmelden",
        "Von allem abmelden",
        "Sie sind von {topic} abgemeldet. Das gilt ab sofort.",
        "Sie sind von aller Werbung abgemeldet. Das gilt ab sofort.",
        "Was Ihre Bestellungen betrifft, erhalten Sie weiterhin.",
        "Dieser Link ist unvollständig",
        "Bitte öffnen Sie ihn direkt aus der Mail, oder schreiben Sie an {shop}.",
    ),
    "fr": Words(
        "fr",
        "Se désabonner",
        "Vous ne voulez plus de courriels de {shop} sur « {topic} » ?",
        "Vous ne voulez plus de publicité de {shop} ?",
        "Me désabonner de {topic}",
        "Me désabonner de tout",
        "Vous êtes désabonné de {topic}, dès maintenant.",
        "Vous êtes désabonné de toute publicité, dès maintenant.",
        "Vous recevrez toujours ce qui concerne vos commandes.",
        "Ce lien est incomplet",
        "Ouvrez-le depuis le courriel lui-même, ou écrivez à {shop}.",
    ),
}


def words_for(*locales: str | None) -> Words:
    """Of the first locale, or Accept-Language header, whose language is here; otherwise English."""
    for locale in locales:
        for part in (locale or "").split(","):
            found = WORDS.get(part.strip()[:2].lower())
            if found is not None:
                return found
    return WORDS["en"]
