"""The window onto the database: model words in, model words out; no SQL and no table leaves this floor."""
