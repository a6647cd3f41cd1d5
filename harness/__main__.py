"""`python -m harness`: the command line where its script is not on PATH."""

from harness.cli import main

main()
