"""One file per schema; a released one is never edited."""
