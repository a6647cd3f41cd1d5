"""The Python interface, imitated."""
