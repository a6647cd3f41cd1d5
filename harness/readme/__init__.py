"""A model zoo's README as what it says: blocks of markdown, commands, and the meaning of its result tables."""
