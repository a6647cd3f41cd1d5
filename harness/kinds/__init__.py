"""One case from start to verdict, a module a kind of claim.

Pieces that two kinds need belong to `running`.
"""
