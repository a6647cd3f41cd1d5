"""Scores as pure functions over predictions and labels. Empty is an error, never zero."""
