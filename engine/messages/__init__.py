"""Templates and MIME: a message's source and its values become the bytes that a mail server takes."""
