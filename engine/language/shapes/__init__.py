"""The shape of each kind of file, as JSON Schema (draft-07) with words for people."""
