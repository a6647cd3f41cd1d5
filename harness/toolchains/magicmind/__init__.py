"""Cambricon's MagicMind."""
