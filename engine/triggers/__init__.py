"""Who enters: one file per kind of trigger, looked up in one table; pure."""
