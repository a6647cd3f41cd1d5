"""onnxruntime on the CPU: what stands in for a chip, too."""
