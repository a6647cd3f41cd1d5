"""How the embedded checkpoints were trained: ``python -m training`` makes them anew.

Each mini has a module with its recipe; `training.__main__` names them in a table. Nothing here is needed to
run zoocheck.
"""
