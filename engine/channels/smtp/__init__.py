"""How mail is handed to a relay, piece by piece; `channels/email.py` puts the pieces together."""
