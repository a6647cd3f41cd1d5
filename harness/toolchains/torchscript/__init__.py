"""TorchScript on the CPU, fed by position."""
