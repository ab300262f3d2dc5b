"""Importing contacts: each row is merged into what is known of the contact."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence

from engine.core.advance import Instant
from engine.core.case import Case, TraceEntry
from engine.core.live import contact_changed
from engine.errors import JourneysError
from engine.intake.lines import LineError
from engine.intake.rows import Row
from engine.model.contact import Contact
from engine.model.trace import TraceLine
from engine.service.importing import (
    Import,
    Imported,
    PageResult,
    import_pages,
    look_at_segments,
    not_erased,
)
from engine.service.simulate import change
from engine.store.pages import Page

log = logging.getLogger(__name__)


def import_contacts(how: Import, rows: Iterable[Row[Contact]]) -> Imported:
    """Contacts are merged: what a row does not mention stays. With `trigger` segments crossed are noticed."""
    return import_pages(how, rows, _put_contacts)


def _put_contacts(how: Import, page: Page, rows: Sequence[Row[Contact]]) -> PageResult:
    done = PageResult()
    rows = not_erased(page, rows, _contact_of, done)
    contacts = _complete(how, page, rows, done)
    ids = {contact.id for contact in contacts}
    former = page.former_ids(ids)
    done.merged = sum(contact.id in former for contact in contacts)
    if how.trigger:
        done.created = len(ids - set(how.store.keys(ids)))
        done.stored = _change_contacts(how, page, contacts)
    else:
        done.created, changed = page.put_contacts(contacts, how.now, topics=how.running.world.policy.topics)
        done.stored = done.created + changed
        look_at_segments(how, page, ids)
    done.duplicates = len(contacts) - done.stored
    return done


def _contact_of(row: Row[Contact]) -> Contact:
    return row.found if isinstance(row.found, Contact) else Contact("")


def _change_contacts(how: Import, page: Page, contacts: Sequence[Contact]) -> int:
    """Each contact as if it had changed just now, with all that follows; how many rows said something new."""
    known = set(how.store.keys({contact.id for contact in contacts}))
    keys = page.contacts((contact.id for contact in contacts), how.now)
    loaded = page.load(keys.values(), now=how.now, **how.running.reach(how.now), everything=True)
    cases = {case.key: case for case in loaded}
    news = 0
    for contact in contacts:
        case = cases[keys[contact.id]]
        before, is_new = case.contact, contact.id not in known
        try:
            _change(how, case, contact, is_new)
        except Exception as error:  # noqa: BLE001  # one broken contact must not stop the others
            case = cases[case.key] = _set_aside(how, page, case, contact, error)
        known.add(contact.id)
        news += is_new or case.contact != before
    page.save(list(cases.values()), how.now)
    return news


def _change(how: Import, case: Case, contact: Contact, is_new: bool) -> None:
    before, when = case.contact, Instant(how.now, how.now)
    change(case, how.running.world, contact, when, how.now, "import")
    if is_new and case.contact == before:  # somebody of whom only the id is told may belong to a segment
        contact_changed(case, how.running.world, when)


def _set_aside(how: Import, page: Page, case: Case, contact: Contact, error: Exception) -> Case:
    """What is told of the contact stays, what would have followed does not, and the reason is kept."""
    words = error.message if isinstance(error, JourneysError) else f"{type(error).__name__}: {error}"
    log.error("contact %s: the change could not be worked on: %s", contact.id, words, exc_info=error)
    fresh = page.load([case.key], now=how.now, everything=True)[0]
    fresh.contact, fresh.is_contact_changed = fresh.contact.told(contact), True
    line = TraceLine(how.now, "", "warned", f"change not worked on: {words}")
    fresh.traces.append(TraceEntry("", None, line))
    return fresh


def _complete(how: Import, page: Page, rows: Sequence[Row[Contact]], done: PageResult) -> list[Contact]:
    """The contacts that have all required attributes, in their row or from before; the rest is rejected."""
    known = _known_attributes(how, page, [row for row in rows if row.lacking])
    complete: list[Contact] = []
    for row in rows:
        if isinstance(row.found, LineError):
            continue
        missing = sorted(row.lacking - known.get(row.found.id, frozenset()))
        if missing:
            reason = f"there is no `{missing[0]}`, which catalog.yaml requires of every contact"
            help = f"Fill in {', '.join(missing)}."
            done.rejected.append((LineError(row.line, reason, help), row.raw))
        else:
            complete.append(row.found)
    return complete


def _known_attributes(how: Import, page: Page, rows: Sequence[Row[Contact]]) -> Mapping[str, frozenset[str]]:
    ids = {row.found.id for row in rows if isinstance(row.found, Contact)}
    if not ids:
        return {}
    keys = how.store.keys(ids)
    known = {case.key: frozenset(case.contact.attributes) for case in page.load(keys.values(), now=how.now)}
    return {id: known[key] for id, key in keys.items() if key in known}
