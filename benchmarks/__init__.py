"""Programs that run the work and its yardstick side by side and print a ratio."""
