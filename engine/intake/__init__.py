"""Ways in: what other systems and people hand over becomes contacts and events."""
