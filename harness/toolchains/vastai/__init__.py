"""Vastai's vamc and vamp."""
