"""What the pages for contacts say, in their language: English, German, French."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One language. `{topic}` stands for the topic's name, `{shop}` for the shop's, `{date}` for a day,
    `{days}` for a number of them, `{address}` for where we write to."""

    language: str
    name: str
    months: tuple[str, ...]
    day: str  # how a day is written, of {day}, {month} and {year}
    # --- unsubscribing ---
    title: str
    ask_topic: str
    ask_all: str
    do_topic: str
    do_all: str
    done_topic: str
    done_all: str
    still: str
    to_preferences: str
    # --- a link that leads nowhere ---
    broken_title: str
    broken: str
    # --- preferences ---
    preferences: str
    for_address: str
    topics: str
    topics_help: str
    channels: str
    channel_names: Mapping[str, str]
    pause: str
    pause_help: str
    pause_none: str
    pause_days: str
    pause_kept: str
    pause_until: str
    speech: str
    speech_help: str
    save: str
    saved: str
    unsaved: str
    all_title: str
    all_help: str
    # --- data ---
    data: str
    data_help: str
    to_export: str
    to_erase: str
    export_title: str
    export_help: str
    do_export: str
    erase_title: str
    erase_help: str
    do_erase: str
    erased_title: str
    erased: str
    your_address: str
    wrong_address: str
    back: str
    # --- double opt-in ---
    confirm_title: str
    confirm: str
    do_confirm: str
    confirmed_title: str
    confirmed: str
    too_old: str

    def date(self, at: datetime) -> str:
        """A day as people write it."""
        return self.day.format(day=at.day, month=self.months[at.month - 1], year=at.year)


WORDS: Mapping[str, Words] = {
    "en": Words(
        language="en",
        name="English",
        months=(
            *("January", "February", "March", "April", "May", "June", "July"),
            *("August", "September", "October", "November", "December"),
        ),
        day="{day} {month} {year}",
        title="Unsubscribe",
        ask_topic="Do you no longer want mail about “{topic}” from {shop}?",
        ask_all="Do you no longer want advertising from {shop}?",
        do_topic="Unsubscribe from {topic}",
        do_all="Unsubscribe from everything",
        done_topic="You are unsubscribed from {topic}. It holds from now on.",
        done_all="You are unsubscribed from all advertising. It holds from now on.",
        still="You will still get what concerns your orders.",
        to_preferences="Choose what you get",
        broken_title="This link is not whole",
        broken="Please open it from the mail itself, or write to {shop}.",
        preferences="What you get from us",
        for_address="These settings are for {address}.",
        topics="Topics",
        topics_help="Tick what you would like to get from {shop}.",
        channels="How we may reach you",
        channel_names={
            "email": "E-mail",
            "sms": "Text message (SMS)",
            "push": "App notifications",
            "whatsapp": "WhatsApp",
        },
        pause="Take a break",
        pause_help="No advertising for a while. Your choices above stay as they are.",
        pause_none="No break",
        pause_days="For {days} days",
        pause_kept="Until {date}, as it is now",
        pause_until="You are having a break until {date}.",
        speech="Language",
        speech_help="For these pages and, where we have it, for our mail.",
        save="Save",
        saved="Your choice is saved. It holds from now on.",
        unsaved="Your choice could not be saved. Please try again in a minute.",
        all_title="Nothing any more?",
        all_help="One click, and you get no advertising from {shop} at all.",
        data="Your data",
        data_help="You may see what we know of you, and have it erased.",
        to_export="Get a copy of my data",
        to_erase="Erase my data",
        export_title="A copy of your data",
        export_help="To make sure that it is you, please type the address that we write to. "
        "You get a file with everything that this system knows of you.",
        do_export="Download my data",
        erase_title="Erase your data",
        erase_help="This cannot be taken back: everything that this system knows of you is erased, and you "
        "get no more messages. Type the address that we write to. What {shop} must keep by law, such as "
        "invoices, is kept elsewhere.",
        do_erase="Erase everything for good",
        erased_title="Your data are erased",
        erased="Nothing is left but a mark that keeps us from writing to you by mistake.",
        your_address="The address that we write to",
        wrong_address="That is not the address that we write to. Nothing was done.",
        back="Back",
        confirm_title="One more click",
        confirm="Yes, I would like to get “{topic}” from {shop} at {address}.",
        do_confirm="Confirm",
        confirmed_title="Thank you",
        confirmed="You are subscribed to {topic}.",
        too_old="This link is too old. Please sign up once more.",
    ),
    "de": Words(
        language="de",
        name="Deutsch",
        months=(
            *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli"),
            *("August", "September", "Oktober", "November", "Dezember"),
        ),
        day="{day}. {month} {year}",
        title="Abmelden",
        ask_topic="Möchten Sie keine Mails zu «{topic}» von {shop} mehr?",
        ask_all="Möchten Sie keine Werbung von {shop} mehr?",
        do_topic="Von {topic} abmelden",
        do_all="Von allem abmelden",
        done_topic="Sie sind von {topic} abgemeldet. Das gilt ab sofort.",
        done_all="Sie sind von aller Werbung abgemeldet. Das gilt ab sofort.",
        still="Was Ihre Bestellungen betrifft, erhalten Sie weiterhin.",
        to_preferences="Auswählen, was Sie erhalten",
        broken_title="Dieser Link ist unvollständig",
        broken="Bitte öffnen Sie ihn direkt aus der Mail, oder schreiben Sie an {shop}.",
        preferences="Was Sie von uns erhalten",
        for_address="Diese Einstellungen gelten für {address}.",
        topics="Themen",
        topics_help="Wählen Sie, was Sie von {shop} erhalten möchten.",
        channels="Wie wir Sie erreichen dürfen",
        channel_names={
            "email": "E-Mail",
            "sms": "SMS",
            "push": "Mitteilungen der App",
            "whatsapp": "WhatsApp",
        },
        pause="Pause",
        pause_help="Eine Zeit lang keine Werbung. Ihre Auswahl oben bleibt, wie sie ist.",
        pause_none="Keine Pause",
        pause_days="{days} Tage lang",
        pause_kept="Bis {date}, wie bisher",
        pause_until="Sie haben Pause bis {date}.",
        speech="Sprache",
        speech_help="Für diese Seiten und, wo vorhanden, für unsere Mails.",
        save="Speichern",
        saved="Ihre Auswahl ist gespeichert. Sie gilt ab sofort.",
        unsaved="Ihre Auswahl konnte nicht gespeichert werden. Bitte versuchen Sie es gleich noch einmal.",
        all_title="Gar nichts mehr?",
        all_help="Ein Klick, und Sie erhalten von {shop} keinerlei Werbung mehr.",
        data="Ihre Daten",
        data_help="Sie dürfen sehen, was wir über Sie wissen, und es löschen lassen.",
        to_export="Kopie meiner Daten erhalten",
        to_erase="Meine Daten löschen",
        export_title="Eine Kopie Ihrer Daten",
        export_help="Damit wir sicher sind, dass Sie es sind, geben Sie bitte die Adresse ein, an die wir "
        "schreiben. Sie erhalten eine Datei mit allem, was dieses System über Sie weiss.",
        do_export="Meine Daten herunterladen",
        erase_title="Ihre Daten löschen",
        erase_help="Das lässt sich nicht rückgängig machen: Alles, was dieses System über Sie weiss, wird "
        "gelöscht, und Sie erhalten keine Nachrichten mehr. Geben Sie die Adresse ein, an die wir schreiben. "
        "Was {shop} von Gesetzes wegen behalten muss, etwa Rechnungen, liegt anderswo.",
        do_erase="Alles endgültig löschen",
        erased_title="Ihre Daten sind gelöscht",
        erased="Geblieben ist nur ein Vermerk, damit wir Ihnen nicht versehentlich wieder schreiben.",
        your_address="Die Adresse, an die wir schreiben",
        wrong_address="Das ist nicht die Adresse, an die wir schreiben. Es wurde nichts getan.",
        back="Zurück",
        confirm_title="Nur noch ein Klick",
        confirm="Ja, ich möchte «{topic}» von {shop} an {address} erhalten.",
        do_confirm="Bestätigen",
        confirmed_title="Vielen Dank",
        confirmed="Sie sind für {topic} angemeldet.",
        too_old="Dieser Link ist zu alt. Bitte melden Sie sich noch einmal an.",
    ),
    "fr": Words(
        language="fr",
        name="Français",
        months=(
            *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
            *("août", "septembre", "octobre", "novembre", "décembre"),
        ),
        day="{day} {month} {year}",
        title="Se désabonner",
        ask_topic="Vous ne voulez plus de courriels de {shop} sur «\u00a0{topic}\u00a0»\u00a0?",
        ask_all="Vous ne voulez plus de publicité de {shop}\u00a0?",
        do_topic="Me désabonner de {topic}",
        do_all="Me désabonner de tout",
        done_topic="Vous êtes désabonné de {topic}, dès maintenant.",
        done_all="Vous êtes désabonné de toute publicité, dès maintenant.",
        still="Vous recevrez toujours ce qui concerne vos commandes.",
        to_preferences="Choisir ce que vous recevez",
        broken_title="Ce lien est incomplet",
        broken="Ouvrez-le depuis le courriel lui-même, ou écrivez à {shop}.",
        preferences="Ce que vous recevez de nous",
        for_address="Ces réglages valent pour {address}.",
        topics="Sujets",
        topics_help="Cochez ce que vous souhaitez recevoir de {shop}.",
        channels="Comment nous pouvons vous joindre",
        channel_names={
            "email": "Courriel",
            "sms": "SMS",
            "push": "Notifications de l’application",
            "whatsapp": "WhatsApp",
        },
        pause="Faire une pause",
        pause_help="Pas de publicité pendant un temps. Vos choix ci-dessus restent les mêmes.",
        pause_none="Pas de pause",
        pause_days="Pendant {days} jours",
        pause_kept="Jusqu’au {date}, comme maintenant",
        pause_until="Vous êtes en pause jusqu’au {date}.",
        speech="Langue",
        speech_help="Pour ces pages et, si possible, pour nos courriels.",
        save="Enregistrer",
        saved="Votre choix est enregistré. Il vaut dès maintenant.",
        unsaved="Votre choix n’a pas pu être enregistré. Réessayez dans une minute.",
        all_title="Plus rien du tout\u00a0?",
        all_help="Un clic, et vous ne recevez plus aucune publicité de {shop}.",
        data="Vos données",
        data_help="Vous pouvez voir ce que nous savons de vous et le faire effacer.",
        to_export="Obtenir une copie de mes données",
        to_erase="Effacer mes données",
        export_title="Une copie de vos données",
        export_help="Pour être sûrs que c’est bien vous, tapez l’adresse à laquelle nous écrivons. Vous "
        "recevez un fichier avec tout ce que ce système sait de vous.",
        do_export="Télécharger mes données",
        erase_title="Effacer vos données",
        erase_help="C’est irréversible\u00a0: tout ce que ce système sait de vous est effacé, et vous ne "
        "recevez plus de messages. Tapez l’adresse à laquelle nous écrivons. Ce que {shop} doit garder selon "
        "la loi, comme les factures, se trouve ailleurs.",
        do_erase="Tout effacer définitivement",
        erased_title="Vos données sont effacées",
        erased="Il ne reste qu’une marque qui nous empêche de vous écrire par erreur.",
        your_address="L’adresse à laquelle nous écrivons",
        wrong_address="Ce n’est pas l’adresse à laquelle nous écrivons. Rien n’a été fait.",
        back="Retour",
        confirm_title="Encore un clic",
        confirm="Oui, je souhaite recevoir «\u00a0{topic}\u00a0» de {shop} à {address}.",
        do_confirm="Confirmer",
        confirmed_title="Merci",
        confirmed="Vous êtes abonné à {topic}.",
        too_old="Ce lien est trop ancien. Inscrivez-vous encore une fois.",
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
