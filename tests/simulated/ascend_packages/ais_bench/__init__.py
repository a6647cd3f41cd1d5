"""ais_bench, imitated: see `__main__` and `infer.interface`."""
