"""A model zoo's README as what it says: blocks of markdown, commands, and what its result tables mean."""
