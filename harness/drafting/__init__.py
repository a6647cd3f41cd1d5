"""What a folder or a file is, written as the tables that make it a model, and the suites run with them.

Looks at a checkpoint, a graph and a data file, and guesses what nobody told; each guess is a line for
people. What a table means is `tables`' to say, how a case is run `running`'s, what is claimed the suites'.
"""
