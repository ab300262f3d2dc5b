"""Dealing by a hash: the same for the same contact, and about even over many."""

from __future__ import annotations

from collections import Counter

from engine.core.case import Case, summed
from engine.core.deal import Deck, deal, least
from engine.model.contact import Contact
from engine.model.result import Assign

TEAM = ("ana", "ben", "cleo")
OWNER = ("contact", "owner")


def test_a_hash_is_even_and_sticks_to_contact_and_step() -> None:
    by_hash = Assign(OWNER, TEAM, "hash")
    people = [Case(Contact(f"c{number}")) for number in range(3000)]
    dealt = [deal(case, "j", "s", by_hash) for case in people]
    assert dealt == [deal(case, "j", "s", by_hash) for case in people]
    assert dealt != [deal(case, "j", "other", by_hash) for case in people]
    assert all(900 < count < 1100 for count in Counter(dealt).values())  # 6 standard deviations
    assert all(not case.counts and case.dealt == [] for case in people)


def test_one_deck_deals_to_many_contacts() -> None:
    deck = Deck()
    people = [Case(Contact(f"c{number}"), dealer=deck) for number in range(7)]
    for by in ("round_robin", "least_loaded"):
        dealt = [deal(case, "j", by, Assign(OWNER, TEAM, by)) for case in people]
        assert dealt == ["ana", "ben", "cleo", "ana", "ben", "cleo", "ana"]
    assert [summed(case.counts)["j", "round_robin", "dealt"] for case in people] == [1] * 7
    assert [case.dealt for case in people][:2] == [
        [("j", "least_loaded", "ana")],
        [("j", "least_loaded", "ben")],
    ]


def test_the_fewest_and_of_several_the_first() -> None:
    assert least({}, TEAM) == "ana"
    assert least({"ana": 1}, TEAM) == "ben"
    assert least({"ana": 2, "ben": 2, "cleo": 1}, TEAM) == "cleo"
    assert least({"somebody else": -5, "ana": 1, "ben": 1, "cleo": 1}, TEAM) == "ana"
