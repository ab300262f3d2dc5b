"""Is the database whole? Each check is one query that should find nothing, with words for what it found."""

from __future__ import annotations

from engine.store.link import Link
from engine.store.schema import found_schema, schema_problem

#: What must never be found, and the query that counts it.
_NEVER = {
    "running enrollments have no position": (
        "SELECT count(*) FROM enrollment e WHERE e.left_at IS NULL AND NOT EXISTS "
        "(SELECT 1 FROM position p WHERE p.contact = e.contact AND p.enrollment = e.id)"
    ),
    "positions belong to no running enrollment": (
        "SELECT count(*) FROM position p LEFT JOIN enrollment e ON e.id = p.enrollment "
        "WHERE e.id IS NULL OR e.left_at IS NOT NULL OR e.contact <> p.contact"
    ),
    "enrollments belong to no contact": (
        "SELECT count(*) FROM enrollment e LEFT JOIN contact c ON c.key = e.contact WHERE c.key IS NULL"
    ),
    "contacts run twice in the same journey with the same key": (
        "SELECT count(*) FROM (SELECT 1 FROM enrollment WHERE left_at IS NULL "
        "GROUP BY journey, contact, entry_key, serial HAVING count(*) > 1) AS twice"
    ),
    "dates and schedules are to let in who is no contact": (
        "SELECT count(*) FROM moment m LEFT JOIN contact c ON c.key = m.contact WHERE c.key IS NULL"
    ),
    "messages belong to no enrollment": (
        "SELECT count(*) FROM message m LEFT JOIN enrollment e ON e.id = m.enrollment WHERE e.id IS NULL"
    ),
    "messages were released twice": (
        "SELECT count(*) FROM (SELECT 1 FROM message GROUP BY enrollment, step, iteration "
        "HAVING count(*) > 1) AS twice"
    ),
    "messages wait for a sender in a state in which none may take them": (
        "SELECT count(*) FROM message WHERE (next_try_at IS NOT NULL) <> "
        "(state = 'ready' OR (state = 'deferred' AND coalesce(reason, '') <> 'paused'))"
    ),
    "messages are in a sender's hands in a state in which none holds them": (
        "SELECT count(*) FROM message WHERE (claimed_by IS NOT NULL) <> (state IN ('claimed', 'in_data'))"
    ),
    "entries are kept for no contact": (
        "SELECT count(*) FROM kept_entry e LEFT JOIN contact c ON c.key = e.contact WHERE c.key IS NULL"
    ),
    "events were stored twice": (
        "SELECT count(*) FROM (SELECT 1 FROM event GROUP BY message_id HAVING count(*) > 1) AS twice"
    ),
    "assignments belong to no contact": (
        "SELECT count(*) FROM assignment a LEFT JOIN contact c ON c.key = a.contact WHERE c.key IS NULL"
    ),
    "events belong to no contact": (
        "SELECT count(*) FROM event e LEFT JOIN contact c ON c.key = e.contact WHERE c.key IS NULL"
    ),
    "traces belong to no enrollment": (
        "SELECT count(*) FROM trace t LEFT JOIN enrollment e ON e.id = t.enrollment "
        "WHERE t.enrollment IS NOT NULL AND e.id IS NULL"
    ),
}

#: What counters are called, and the rows they stand for by (journey, step). Step 0 is the journey itself.
_COUNTED = {
    "what = 'entered'": "SELECT journey, 0 AS step, count(*) AS n FROM enrollment GROUP BY journey",
    "what LIKE 'left:%'": (
        "SELECT journey, 0 AS step, count(*) AS n FROM enrollment WHERE left_at IS NOT NULL GROUP BY journey"
    ),
    "what = 'converted'": (
        "SELECT journey, 0 AS step, count(*) AS n FROM enrollment WHERE converted_at IS NOT NULL "
        "GROUP BY journey"
    ),
    "what = 'inside'": (
        "SELECT e.journey, p.step, count(*) AS n FROM position p JOIN enrollment e ON e.id = p.enrollment "
        "WHERE p.step IS NOT NULL GROUP BY e.journey, p.step"
    ),
    "(what IN ('sent', 'held_out', 'drafted') OR what LIKE 'dropped:%')": (
        "SELECT journey, step, count(*) AS n FROM message GROUP BY journey, step"
    ),
}


def problems(link: Link) -> list[str]:
    """One sentence per thing that is wrong; empty for a whole database."""
    schema = schema_problem(found_schema(link))
    if schema is not None:
        return [f"{schema.message} {schema.help}"]
    link.over_everything()
    return _damaged(link) + _found(link) + _miscounted(link)


def _damaged(link: Link) -> list[str]:
    if link.is_postgres:
        return []
    answers = [row[0] for row in link.rows("PRAGMA integrity_check")]
    return [] if answers == ["ok"] else [f"The file is damaged: {answer}." for answer in answers]


def _found(link: Link) -> list[str]:
    counts = {words: link.value(sql) for words, sql in _NEVER.items()}
    return [f"{count} {words}." for words, count in counts.items() if count]


def _miscounted(link: Link) -> list[str]:
    """Each figure against its rows, both ways round. A database that counts nothing is not compared."""
    if not link.value("SELECT count(*) FROM counter"):
        return []
    return [words for what, rows in _COUNTED.items() for words in _differences(link, what, rows)]


def _differences(link: Link, what: str, rows: str) -> list[str]:
    sql = (
        "SELECT j.text, s.text, sum(x.counted), sum(x.there) FROM ("
        "SELECT c.journey, CASE n.text WHEN '' THEN 0 ELSE c.step END AS step, c.n AS counted, 0 AS there "
        f"FROM counter c JOIN name n ON n.id = c.step WHERE {what} "
        f"UNION ALL SELECT r.journey, r.step, 0, r.n FROM ({rows}) AS r) AS x "
        "JOIN name j ON j.id = x.journey LEFT JOIN name s ON s.id = x.step "
        "GROUP BY j.text, s.text HAVING sum(x.counted) <> sum(x.there) ORDER BY j.text, s.text"
    )
    return [
        f"The counters where {what} of journey {journey}{f', step {step},' if step else ''} say {counted}, "
        f"but there are {there}."
        for journey, step, counted, there in link.rows(sql)
    ]
