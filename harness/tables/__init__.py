"""TOML to a catalog, and a catalog to cases and their documented values.

What READMEs say is read in `documents`.
"""
