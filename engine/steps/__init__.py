"""What each step does: one file per verb, looked up in one table; pure, they look at a view and answer."""
