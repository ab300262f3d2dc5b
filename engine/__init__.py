"""Journeys as code: YAML journeys in, messages out, every contact's position kept."""

__version__ = "0.1.0"
