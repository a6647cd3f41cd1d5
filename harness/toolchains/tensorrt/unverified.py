"""What is taken for granted of TensorRT's tools and nobody could verify; `zoocheck doctor` prints it."""

UNVERIFIED: tuple[str, ...] = (
    "nothing here has run on a T4: command lines and API names are from NVIDIA's sources and guides",
    "that nvidia-smi's index and CUDA's under CUDA_DEVICE_ORDER=PCI_BUS_ID name the same card",
    "that `trtexec --help` ends with status 0 before TensorRT 8.6 (its source says so from then on)",
    "that an engine of TensorRT 8 has int32 inputs where the graph has int64",
    "tensorrt.IExecutionContext.execute_v2 with bindings by index, before TensorRT 8.5",
    "what trtexec feeds a graph, as it builds and as it times: numbers that it draws itself, which a graph "
    "whose work depends on its values (branches, table look-ups) may not take",
    "--threads and the lines of a log in TensorRT 11, of which no log was found",
    "onnxruntime's TensorrtExecutionProvider refusing a graph that it cannot take whole",
)
