"""The command line: a door. One file per verb, and one line for each in table.py."""
