"""torch on an NVIDIA card."""
