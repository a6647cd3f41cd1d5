"""How raw text becomes features, and how outputs become scores: data sets, text, metrics, files.

Networks and chips are unknown here.
"""
