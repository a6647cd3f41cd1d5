"""What is taken for granted of MagicMind's tools and nobody could verify; `zoocheck doctor` prints it."""

# What no public material says, so that it is our reading until somebody runs it on a card.
UNVERIFIED: tuple[str, ...] = (
    "MagicMind's version: that of a distribution called magicmind; where there is none, it is not told",
    "that a mutable model's open dimensions are told as -1: they are filled in by the first call",
    "that `from_numpy` takes int32 arrays as they are: infer.py of the zoo hands it float64 ones",
    "what `mm_run` feeds without --input_files: the README's line has none, perf.sh gives recorded files",
    "that a mutable model built at one batch size is as fast as the documented one, built at batch 1",
    "a graph as it is: that its inputs keep their order, that a scalar has no dimensions, and that mm_run "
    "takes a model of one shape without --batch_size",
    "that the SDK's `System` may be open while a model runs: it is here, as in most scripts of the zoo",
)
