"""Lint: what can be run, but is hardly meant. One file per rule, and one table that lists them."""
