"""What the product promises, in the words of docs/guarantees.md, each with the tests that show it.

A promise stands here only together with its tests. A test is named as pytest names it, without its cases.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Promise:
    """`bound`: how far it goes, or under what it was tried."""

    words: str
    bound: str
    shown_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """A heading of the page."""

    title: str
    promises: tuple[Promise, ...]


def _tests(file: str, *names: str) -> tuple[str, ...]:
    return tuple(f"tests/{file}.py::test_{name}" for name in names)


_STORE = "conformance/test_store"
_SENDER = "conformance/test_service_sender"
_WALK = "conformance/test_service_walk"
_TAKE = "conformance/test_service_take"
_APPLY = "conformance/test_service_apply"
_FAULTS = "unit/channels/test_smtp_faults"
_PROCESSES = "acceptance/test_daemon_processes"
_FAILURES = "conformance/test_failures"
_BOUNCES = "conformance/test_service_bounces"
_DOOR = "acceptance/test_ingestion"
_LEAVING = "acceptance/test_leaving"
_PAGES = "acceptance/test_pages"
_CONSENT = "conformance/test_consent"
_SOURCES = "conformance/test_sources"

DELIVERY = Area(
    "Delivery",
    (
        Promise(
            "A step releases a message once, in the transaction that moves the contact on.",
            "a unique key of enrollment, step and turn; SQLite and PostgreSQL",
            _tests(_STORE, "a_step_releases_once", "a_page_is_there_as_a_whole_or_not_at_all"),
        ),
        Promise(
            "No message is lost, and none is created twice, whenever the process dies.",
            "duplicates of one kill: at most one for each open connection, under the same Message-ID",
            _tests("acceptance/test_crash", "thirty_kills_lose_nothing_and_double_next_to_nothing"),
        ),
        Promise(
            "A line that breaks before the body is a safe repeat; after it the message is `unsure`, and is "
            "sent again under its Message-ID or held for you (`on_unsure`).",
            "close, reset, hang, slow drip, half a line, garbage",
            _tests(
                _SENDER,
                "a_line_that_breaks_before_the_body_loses_nothing",
                "after_the_dot_resend_sends_again_under_the_same_message_id",
                "after_the_dot_hold_leaves_it_to_people",
            ),
        ),
        Promise(
            "A relay at fault bounces nobody and costs no message a try.",
            "4xx and 5xx before the recipient is named, nobody at home, a wrong certificate, no STARTTLS",
            _tests(
                _SENDER,
                "a_relay_that_refuses_pauses_everything_bounces_nobody_and_is_said_once",
                "a_relay_that_cannot_be_reached_costs_no_message_a_try",
            )
            + _tests(
                _FAULTS,
                "a_stripped_starttls_is_not_accepted_and_the_password_stays_here",
                "a_wrong_certificate_is_the_relays_fault",
            ),
        ),
        Promise(
            "What is deferred is tried again by a schedule, never in quiet hours, up to four days.",
            "5 minutes × 1.5ⁿ with jitter",
            _tests(
                _SENDER,
                "4xx_is_tried_again_by_the_schedule",
                "4xx_for_four_days_is_given_up",
                "deferred_mail_is_not_tried_in_quiet_hours",
            ),
        ),
        Promise(
            "Consent, suppression and exits are read once more in the transaction just before DATA.",
            "an unsubscription while the server is being greeted still counts",
            _tests(
                _SENDER,
                "what_changes_between_release_and_data_is_seen",
                "even_when_it_changes_while_the_server_is_being_greeted",
            ),
        ),
        Promise(
            "A session is never used again after it broke, and never more are open than configured.",
            "9 phases of SMTP",
            _tests(_FAULTS, "a_session_that_broke_or_was_asked_to_end_is_not_used_again")
            + _tests(
                "unit/channels/test_email", "never_more_sessions_than_connections_even_while_old_ones_leave"
            ),
        ),
        Promise(
            "What we sign, another program finds signed; what was changed or added, it refuses.",
            "RSA-2048 and Ed25519, random mails, verified by dkimpy; each signed header named once more",
            _tests(
                "property/test_dkim",
                "whatever_is_sent_another_program_finds_signed",
                "what_was_changed_does_not_hold",
                "nobody_can_add_a_header_that_is_signed",
            ),
        ),
        Promise(
            "What did not leave is found by its cause and tried again by one command; nobody repeats unasked "
            "what may have arrived.",
            "made by the newest version; still dropped where it is too late by then",
            _tests(
                _FAILURES,
                "the_same_cause_is_one_group_whomever_it_names",
                "a_mended_message_is_made_by_its_newest_version",
                "nobody_repeats_unasked_what_may_have_arrived",
            ),
        ),
        Promise(
            "A bounce is hard only where a server says that the address is no more; in doubt it is soft.",
            "296 public mails with the truth of others: under 1 % of the soft ones called hard; what "
            "servers say in some twenty languages",
            _tests("golden/test_bounces", "the_public_set_is_told_apart")
            + _tests(
                "unit/bounces/test_wordings",
                "what_servers_say",
                "a_reason_that_passes_beside_a_hard_one_makes_it_soft",
                "a_temporary_code_makes_everything_soft",
            ),
        ),
        Promise(
            "What comes back is taken once and never lost: after a crash again without effect, and what "
            "cannot be read is set aside without holding up the rest.",
            "maildir and pipe; SQLite and PostgreSQL",
            _tests(
                _BOUNCES,
                "a_hard_bounce_suppresses_the_address_and_is_history",
                "a_crash_before_the_mail_is_moved_takes_it_again_without_effect",
                "what_cannot_be_read_is_set_aside_and_holds_nobody_up",
            ),
        ),
        Promise(
            "A forged bounce suppresses nobody.",
            "a flipped bit of the token, no token, an address alone",
            _tests(
                _BOUNCES,
                "a_forged_token_counts_for_nothing",
                "without_a_token_a_hard_bounce_is_soft_at_most",
                "an_address_alone_counts_for_nothing",
            ),
        ),
        Promise(
            "A journey whose mail bounces or is complained about is paused and says why.",
            "5 % and 0.3 % of at least 200 messages in 24 hours, unless configured otherwise",
            _tests(
                _FAILURES,
                "a_journey_whose_mail_bounces_is_paused_and_says_why",
                "complaints_are_counted_when_they_come",
            ),
        ),
        Promise(
            "One click unsubscribes at once, without a cookie; looking at the page changes nothing.",
            "RFC 8058; scanners follow every link with GET and HEAD",
            _tests(_LEAVING, "looking_changes_nothing", "one_click_is_enough_and_holds_at_once")
            + _tests(_PAGES, "looking_changes_nothing_anywhere"),
        ),
        Promise(
            "Unsubscribing holds within a second, also for mail that is in the sender's hands.",
            "a mail server that takes its time at RCPT, with and without pipelining",
            _tests(_LEAVING, "it_holds_within_a_second_also_for_mail_in_the_senders_hands"),
        ),
        Promise(
            "A suppressed address gets nothing, whoever has it and whatever is known of them.",
            "asked by the recipient, in the transaction that enters DATA; SQLite and PostgreSQL",
            _tests(
                _CONSENT,
                "a_suppressed_address_gets_nothing_whoever_has_it",
                "the_sender_asks_the_list_whatever_the_contact_says",
            ),
        ),
        Promise(
            "Of double opt-in nobody gets marketing before they confirmed, whatever a journey says.",
            "a step that subscribes, an import and a shop that repeats itself confirm nothing",
            _tests(
                _CONSENT,
                "whoever_has_not_confirmed_gets_no_marketing_whatever_a_journey_says",
                "an_import_confirms_nothing_unless_it_says_when",
            )
            + _tests(_PAGES, "the_unconfirmed_get_nothing_until_they_confirm"),
        ),
        Promise(
            "Of an erased person nothing is left but keyed hashes, by which they stay out.",
            "one transaction; every table about contacts; import, events, identify, former ids",
            _tests(
                _CONSENT,
                "of_an_erased_person_nothing_is_left_but_hashes",
                "an_erased_person_stays_out",
                "an_erasure_is_whole_or_did_not_happen",
            ),
        ),
    ),
)

RELIABILITY = Area(
    "Reliability",
    (
        Promise(
            "Interrupted at any commit and continued, the work comes to the same.",
            "the digest of all facts equals that of the undisturbed run; SQLite and PostgreSQL",
            _tests(_TAKE, "interrupted_at_any_commit_and_continued_it_comes_to_the_same")
            + _tests("conformance/test_service_acts", "a_crash_doubles_nothing_and_loses_nothing")
            + _tests("conformance/test_service_schedules", "a_crash_anywhere_loses_and_doubles_nobody"),
        ),
        Promise(
            "Whichever transaction the database refuses, nothing is lost or sent twice.",
            "the first, second, … n-th, until a run passes clean",
            _tests(_SENDER, "whichever_transaction_the_database_refuses_nothing_is_lost_or_sent_twice"),
        ),
        Promise(
            "The daemon does exactly what the simulator showed.",
            "random journeys and random lives; SQLite and PostgreSQL",
            _tests(
                "property/test_daemon_equals_simulator",
                "on_sqlite_the_daemon_does_what_the_simulator_does",
                "on_postgresql_too",
            ),
        ),
        Promise(
            "The interpreter agrees with an independent model of the language.",
            "random lives, compared line by line",
            _tests(
                "property/test_core_model", "the_engine_and_the_model_agree", "they_agree_on_crowded_lives"
            ),
        ),
        Promise(
            "A second daemon on a database is refused and named the first; a stale one writes nothing.",
            "after a kill the next starts at once",
            _tests(
                _PROCESSES,
                "a_second_daemon_is_refused_and_named_the_first_and_after_a_kill_the_next_starts_at_once",
                "a_daemon_whose_place_was_taken_stops_by_itself",
            )
            + _tests(_STORE, "a_stale_worker_is_refused_and_nothing_of_its_page_remains"),
        ),
        Promise(
            "SIGTERM drains what is under way and exits with 0; a server that hangs is not waited for.",
            "under load",
            _tests(
                _PROCESSES,
                "sigterm_under_load_drains_and_leaves_nothing_in_hand",
                "sigterm_while_a_server_hangs_does_not_wait_for_it",
            ),
        ),
        Promise(
            "A contact, message or journey that breaks is set aside with its reason; the others are on time.",
            "one percent that cannot be rendered; a broken contact; a broken journey",
            _tests(_SENDER, "one_percent_that_cannot_be_rendered_delays_nobody")
            + _tests(
                _WALK,
                "a_broken_contact_is_set_aside_with_its_reason_and_the_others_go_on",
                "a_broken_journey_delays_none_of_the_contacts_other_journeys",
            ),
        ),
    ),
)

TIME = Area(
    "Time",
    (
        Promise(
            "A daily letter goes once per local day.",
            "clocks forward and back",
            _tests(_WALK, "a_daily_letter_goes_once_per_local_day"),
        ),
        Promise(
            "Clock changes are understood as people understand them.",
            "every change of every IANA zone in two years, against zone files read by other code",
            _tests("property/test_calendar", "every_change_of_the_clock_of_two_years"),
        ),
        Promise(
            "When the machine's clock jumps, what is due leaves once, and going back sends nothing again.",
            "± 1 hour, ± 1 day, + 10 years",
            _tests(
                _WALK,
                "going_back_sends_nothing_again",
                "a_jump_ahead_releases_each_due_timer_once_and_in_order",
            ),
        ),
        Promise(
            "Events come before timers of the same instant, whatever the order they arrive in.",
            "one page or many",
            _tests(_TAKE, "at_one_instant_all_events_come_before_the_timers"),
        ),
    ),
)

WAYS_IN = Area(
    "Ways in",
    (
        Promise(
            "200 means that it is on disk; each message id counts once for ever.",
            "five clients of the Segment family, unmodified, also under 429 and 500",
            _tests(
                _DOOR,
                "the_clients_for_python",
                "the_clients_for_node",
                "a_client_that_meets_trouble_sends_again_and_counts_once",
                "the_same_message_counts_once_for_ever",
            ),
        ),
        Promise(
            "A bad item rejects no other, and is kept with its reason.",
            "odd types, half characters, depth, sizes",
            _tests(
                _DOOR,
                "one_bad_item_rejects_no_other_and_is_kept_with_its_reason",
                "an_odd_item_spoils_neither_the_daemon_nor_those_beside_it",
            ),
        ),
        Promise(
            "Late, early, doubled and shuffled events come to the same history, segments and enrollments.",
            "5 % doubled, 10 % days late, 1 % ahead, 1 % spoiled, against plain Python; also 100,000 at once",
            _tests(
                "conformance/test_order_of_events",
                "the_same_comes_of_it_in_whichever_order_it_comes",
                "a_yes_that_comes_late_does_not_undo_a_later_no",
            )
            + _tests("acceptance/test_order_of_events", "what_comes_out_of_order_comes_to_the_same"),
        ),
        Promise(
            "Two contacts that are one person become one, and nothing of either is lost or sent twice.",
            "killed at the commit, beside pages that others decided, and while events come in",
            _tests(
                "conformance/test_merging",
                "places_and_history_come_along",
                "the_same_letter_does_not_come_twice",
                "a_no_is_not_lost_to_a_yes_of_which_nobody_knows_when",
                "a_kill_leaves_two_whole_contacts_or_one",
                "a_page_that_was_decided_before_is_not_written_after_it",
                "events_that_come_in_meanwhile_are_not_lost",
            ),
        ),
        Promise(
            "Hostile files end in a place and words, quickly and in little memory.",
            "alias bombs, 100 MB, depth 20,000, tags, NUL, invalid UTF-8: under 2 s and 200 MB",
            _tests("acceptance/test_hostile_files", "it_ends_in_a_place_and_words"),
        ),
        Promise(
            "A webhook is believed by its signature over the raw body alone; a changed bit, another secret, "
            "or a time of sending more than five minutes away is refused with 401, and nothing is stored.",
            "every scheme, against signatures made as the vendors document them",
            (
                *_tests(
                    "unit/intake/test_signatures",
                    "what_the_vendor_signs_is_believed_by_any_of_the_secrets",
                    "no_bit_of_the_body_may_change",
                    "what_is_too_old_or_too_early_is_not_believed",
                    "no_header_breaks_it",
                ),
                *_tests(_SOURCES, "a_wrong_signature_a_changed_body_and_none_at_all_are_refused"),
            ),
        ),
        Promise(
            "The same webhook, sent again a hundred times, is one event; what of it cannot be read is kept "
            "with its reason and spoils nothing beside it.",
            "SQLite and PostgreSQL",
            _tests(
                _SOURCES,
                "a_hundred_replays_are_stored_once",
                "what_cannot_be_read_is_kept_with_its_reason_and_spoils_nothing_else",
                "odd_payloads_are_answered_and_break_nothing",
            ),
        ),
        Promise(
            "A yes that another system tells never overrides a no that the person told us later.",
            "SQLite and PostgreSQL",
            _tests(
                _SOURCES,
                "a_yes_from_a_shop_does_not_override_a_later_no",
                "a_yes_without_a_time_counts_only_where_nobody_said_no",
                "a_time_to_come_is_no_time_for_a_yes",
            ),
        ),
    ),
)

CHANGES = Area(
    "Changes while people are inside",
    (
        Promise(
            "An apply that was interrupted is finished by the next, and nobody is at two places.",
            "at every commit; SQLite and PostgreSQL",
            _tests(_APPLY, "an_interrupted_apply_is_finished_by_the_next"),
        ),
        Promise(
            "Who would have no place to stand makes the apply refused, and nothing changes.",
            "the refusal names the lines that would do",
            _tests(
                _APPLY,
                "who_would_have_no_place_to_stand_makes_it_refused_and_nothing_changes",
                "the_refusal_names_the_lines_that_would_do",
            ),
        ),
        Promise(
            "Renaming steps changes only names; who is pinned lives on as if nothing had been applied.",
            "random journeys",
            _tests(
                "property/test_carrying",
                "other_names_for_all_steps_change_nothing_but_names",
                "who_is_pinned_lives_on_as_if_nothing_had_been_applied",
            ),
        ),
    ),
)

SECURITY = Area(
    "Security",
    (
        Promise(
            "Data of a contact adds no element and no attribute to a message.",
            "random names and addresses in every place of a template",
            _tests("property/test_escaping", "data_adds_no_element_and_no_attribute"),
        ),
        Promise(
            "Webhooks call no address inside your network, however it is spelled.",
            "by the resolved address, also when a name changes its mind",
            _tests(
                "unit/channels/test_http",
                "an_address_inside_is_refused",
                "however_it_is_spelled_it_is_the_address_that_counts",
                "a_name_that_changes_its_mind_does_not_get_through",
            ),
        ),
        Promise(
            "A followed link leads where its mail did, and nowhere else; what machines do moves nobody.",
            "each character changed, other numbers, other messages; scanners, previews, prefetching",
            _tests(
                "conformance/test_following",
                "a_click_leads_where_the_mail_did_and_is_heard",
                "no_link_can_be_bent",
                "a_machine_gets_the_page_and_moves_nobody",
            ),
        ),
        Promise(
            "A link of a mail that was changed does nothing.",
            "every signed link",
            _tests(_LEAVING, "a_link_that_was_changed_does_nothing"),
        ),
    ),
)

AREAS = (DELIVERY, RELIABILITY, TIME, WAYS_IN, CHANGES, SECURITY)
