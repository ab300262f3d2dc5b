"""The admin API: what the command line does, over HTTP; one table of calls, and its description."""
