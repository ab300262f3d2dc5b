"""Text in, journeys out: reads the marketers' files, checks them, and points at what is wrong."""
