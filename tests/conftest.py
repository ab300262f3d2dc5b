"""What holds for every test: chance repeats, no setting leaks in, and nothing leaves this machine.

`pytest --hypothesis-profile=search` looks for new counterexamples with fresh chance and many more of them.
"""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import HealthCheck, settings

LOOPBACK = ("127.", "::1", "localhost")

# A red test should speak about the change at hand, so chance is derived from the test itself;
# and how fast the machine is says nothing about whether the code is right.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile(
    "search", max_examples=2_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("repeatable")


def pytest_configure() -> None:
    _forget_settings_of_this_shell()
    sys.addaudithook(_refuse_connections_to_elsewhere)


def _forget_settings_of_this_shell() -> None:
    """`JOURNEYS_*` overrides the configuration, and would make a test pass on one machine only."""
    for name in [name for name in os.environ if name.startswith("JOURNEYS_")]:
        del os.environ[name]


def _refuse_connections_to_elsewhere(event: str, details: tuple[object, ...]) -> None:
    if event != "socket.connect":
        return
    address = details[1]
    if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
        pytest.fail(f"This test reaches for {address[0]}; tests talk to 127.0.0.1 only.", pytrace=True)
