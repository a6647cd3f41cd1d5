"""MagicMind: what python_common of the zoo calls, on TorchScript."""
