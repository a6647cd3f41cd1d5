"""Cases carried to a machine that has the card and the vendor's tools alone, and their results carried back.

`writing` makes a folder, `archive` packs and unpacks one, `collecting` reads what came back.
"""
