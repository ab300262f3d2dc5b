"""The door over HTTP: what shops send comes in here, and answers go out; nothing is decided."""
