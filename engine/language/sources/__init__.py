"""Files that say how a webhook of another system becomes contacts and events (journeys/sources/NAME.yaml)."""
