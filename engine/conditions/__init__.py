"""Conditions: what holds for a contact, read from YAML data into a predicate and compiled into closures.

`table` is the front door (read_condition, compile_condition, condition_schema) and the list of all kinds;
`names` says what a condition may name.
"""
