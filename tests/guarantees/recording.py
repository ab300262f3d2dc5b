"""A pytest plug-in: notes how the tests of each promise went, and the figures that they tell of themselves.

A test tells a figure with pytest's own `record_property("figure", "3 duplicates after 31 kills")`, and a cell
of the table of SMTP faults with `record_property("smtp", "rcpt 550 bounced")`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest


@dataclass(slots=True)
class Outcome:
    """Of one test with all its cases."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    figures: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Recording:
    """Outcomes by test; `smtp` by phase and fault."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    smtp: dict[str, str] = field(default_factory=dict)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Called for the set-up, the call and the tear-down of each case."""
        outcome = self.outcomes.setdefault(report.nodeid.partition("[")[0], Outcome())
        if report.failed:
            outcome.failed += 1
        elif report.skipped:
            outcome.skipped += 1
        elif report.when == "call":
            outcome.passed += 1
            self._note(outcome, report)

    def _note(self, outcome: Outcome, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name == "figure" and value not in outcome.figures:
                outcome.figures.append(str(value))
            elif name == "smtp":
                phase, fault, kind = str(value).split()
                self.smtp[f"{phase} {fault}"] = kind
