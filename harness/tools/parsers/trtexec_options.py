"""trtexec's options by what they make of a build: nothing, another number format, or other work."""

from __future__ import annotations

# Say nothing of the number format, nor of the work that is done: by the help of TensorRT 7 to 10.16.
NEUTRAL = frozenset({
    "onnx", "uff", "uffInput", "uffNHWC", "model", "deploy", "output", "maxBatch", "batch",
    "explicitBatch", "minShapes", "optShapes", "maxShapes", "shapes", "calib", "workspace", "memPoolSize",
    "profilingVerbosity", "avgTiming", "minTiming", "refit", "skipInference", "buildOnly", "safe",
    "consistency", "restricted", "saveEngine", "loadEngine", "tacticSources", "timingCacheFile",
    "noBuilderCache", "heuristic", "noTF32", "nvtxMode", "nvtxVerbosity", "builderOptimizationLevel",
    "maxAuxStreams", "maxTactics", "versionCompatible", "useRuntime", "preview",
    "hardwareCompatibilityLevel", "tempdir", "tempfileControls", "excludeLeanRuntime", "leanDLLPath",
    "errorOnTimingCacheMiss", "iterations", "duration", "warmUp", "sleepTime", "idleTime", "infStreams",
    "streams", "exposeDMA", "noDataTransfers", "useManagedMemory", "useSpinWait", "threads",
    "useCudaGraph", "timeDeserialize", "timeRefit", "separateProfileRun", "persistentCacheRatio",
    "useProfile", "allocationStrategy", "loadInputs", "verbose", "avgRuns", "percentile", "dumpRefit",
    "dumpOutput", "dumpRawBindingsToFile", "dumpProfile", "dumpLayerInfo", "exportTimes", "exportOutput",
    "exportProfile", "exportLayerInfo", "device", "plugins", "staticPlugins", "dynamicPlugins",
    "setPluginsToSerialize", "ignoreParsedPluginLibs", "allowGPUFallback", "help",
})  # fmt: skip
PRECISIONS = frozenset({"fp16", "bf16", "int8", "fp8", "int4", "best", "stronglyTyped"})
# Make other work of the same graph; and the value with which each does not.
OTHER_WORK = {
    "sparsity": "disable",
    "useDLACore": "-1",
    "precisionConstraints": "none",
    "layerPrecisions": "",
    "layerOutputTypes": "",
    "layerDeviceTypes": "",
}
