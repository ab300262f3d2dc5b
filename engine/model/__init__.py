"""The words of the glossary as frozen data; nothing here decides or does anything."""
