"""What is taken for granted of a GPU under torch and nobody could verify; `zoocheck doctor` prints it."""

UNVERIFIED: tuple[str, ...] = (
    "nothing here has run on a GPU: compiling, capturing and events are as torch's notes on CUDA graphs say",
    "that nvidia-smi's index and CUDA's under CUDA_DEVICE_ORDER=PCI_BUS_ID name the same card",
    "the bounds of parity for tf32 and bf16, which rest on arithmetic and on torch's CPU",
)
