"""NVIDIA's TensorRT: trtexec builds and times."""
