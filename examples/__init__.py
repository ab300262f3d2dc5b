"""Workspaces and data to try the engine with."""
