"""Guarantees: what is promised, which tests show it, and the page that tells how their last run went."""
