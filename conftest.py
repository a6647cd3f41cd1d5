"""Loads the pytest glue of `fixtures/`; nothing else."""

pytest_plugins = [
    "fixtures.options",
    "fixtures.selection",
    "fixtures.bench",
    "fixtures.session",
    "fixtures.profiles",
]
