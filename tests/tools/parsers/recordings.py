"""What every recorded log comes to: the external ones (``$ZOOCHECK_DATA/logs``) and the retyped excerpts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

EXCERPTS = Path(__file__).resolve().parents[3] / "fixtures" / "logs"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One summary: throughput, batch size, and the mean of one latency in ms."""

    rate: float | None
    batch: int | None = None
    mean: tuple[str, float] | None = None
    batch_ms: float | None = None  # where the throughput needs the batch size
    qps: float | None = None
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused:
    """What the error says behind the log's name."""

    says: str


@dataclass(frozen=True, kw_only=True)
class Cards:
    """A monitor's cards: (index, name, used, total in MiB); the driver."""

    cards: tuple[tuple[int, str, float, float], ...]
    driver: str | None
    version: str | None = None


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A compilation: the codes of its errors, none where it succeeded."""

    codes: tuple[str, ...]


NPU, GPU, MLU = "NPU_compute_time", "GPU Compute Time", "MLU Compute Latency"
NO_AVERAGE = "Inference average time without first time"
TWO_DEVICES = (
    Run(rate=281.38893494131406, batch=1, mean=(NPU, 3.5538000106811523)),
    Run(rate=276.54867008654026, batch=1, mean=(NPU, 3.616000032424927)),
    Run(rate=557.9376050278543, batch=1),  # the total comes last
)
H200 = (0, "NVIDIA H200", 0.0, 143771.0), (0, "NVIDIA H200", 32362.0, 143771.0)
L40S = (0, "NVIDIA L40S", 0.0, 46068.0), (0, "NVIDIA L40S", 1235.0, 46068.0)
PROCESSES = Refused(says="found a list of processes, expected the table, -q, or --query-gpu=name")
MLU_DOC = Run(rate=28916.2, qps=4819.36, version="MagicMind 11534336")
Known = tuple[Run, ...] | Refused | Cards | Compiled

# The number of a recording is the source's; a batch size of None is one that the log does not tell.
RECORDED: dict[str, Known] = {
    "ais_bench-1.txt": (Run(rate=14.7214459917491, batch=1, mean=("H2D_latency", 0.7560253143310547)),),
    "ais_bench-10-e19999_opp.txt": Refused(says="failed: E19999: The opp version of the model"),
    "ais_bench-2.txt": (Run(rate=407.16610891670894, batch=1, mean=(NPU, 2.4560000896453857)),),
    "ais_bench-3.txt": TWO_DEVICES,
    "ais_bench-5.txt": (Run(rate=281.38893494131406, batch=1, mean=(NPU, 3.5538000106811523)),),
    "ais_bench-7-bare_throughput.txt": (Run(rate=1546.0550355958437, batch=16),),
    "ais_bench-8-infer_exception.txt": Refused(says="ais_bench failed: EZ9999: The error from device(2)"),
    "ais_bench-9-e19999_wrong_chip.txt": Refused(says="ais_bench failed: E19999: index:0 > stream"),
    "atc-1-success.txt": Compiled(codes=()),
    "atc-10-error-e10001.txt": Compiled(codes=("E10001",)),
    "atc-11-error-ez3003.txt": Compiled(codes=("EZ3003",)),
    "atc-12-error-ez9999_amct.txt": Compiled(codes=("EZ9999",)),
    "atc-13-error-e19010_issue.txt": Compiled(codes=("E19010",)),
    "atc-2-success.txt": Compiled(codes=()),
    "atc-3-error-e19010.txt": Compiled(codes=("E19010",)),
    "atc-4-error-ez0501.txt": Compiled(codes=("EZ0501",)),
    "atc-6-error-ez3003.txt": Compiled(codes=("EZ3003",)),
    "atc-7-error-ez9010.txt": Compiled(codes=("EZ9010",)),
    "atc-8-error-unknown.txt": Compiled(codes=("E19025",)),
    "benchmark310-1.txt": (Run(rate=348.038, mean=("moduleLatency", 3.4136)),),
    "cnmon-1.txt": Cards(
        cards=((0, "MLU370-X8", 0.0, 23374.0), (1, "MLU370-X8", 0.0, 23374.0)),
        driver="5.10.13", version="5.10.13",
    ),
    "cnmon-3-v4.txt": Cards(
        cards=tuple((index, "MLU370-X4", 0.0, 23308.0) for index in range(3)),
        driver="4.20.11", version="4.20.11",
    ),
    "cnmon-4.txt": Cards(
        cards=((0, "MLU370-X8", 0.0, 20638.0), (1, "MLU370-X8", 0.0, 20638.0)),
        driver="5.10.22", version="5.10.22",
    ),
    "mm_run-1-bert_qa_fp32_b8.txt": (Run(rate=189.017, batch=8, mean=(MLU, 42.311)),),
    "mm_run-2-bert_qa_fp16_b1.txt": (Run(rate=361.048, batch=1, mean=(MLU, 2.7405)),),
    "mm_run-3-bert_tf_fp16_b8.txt": (Run(rate=1702.81, batch=8, mean=(MLU, 4.6855)),),
    "mm_run-5-newformat_doc.txt": (MLU_DOC,),
    "msame-1.txt": (Run(rate=None, batch_ms=155.431, mean=("Inference average time", 155.431)),),
    "msame-2.txt": (Run(rate=None, batch_ms=13.51, mean=(NO_AVERAGE, 13.51)),),
    "msame-3.txt": (Run(rate=None, batch_ms=105.422889, mean=(NO_AVERAGE, 105.422889)),),
    "msame-4-bert.txt": (Run(rate=None, batch_ms=12.93, mean=(NO_AVERAGE, 12.93)),),
    "npu-smi-1.txt": Cards(cards=((2144, "310P3", 1807.0, 21527.0),), driver="22.0.4", version="22.0.2"),
    "npu-smi-2.txt": Cards(
        cards=((0, "310P3", 1074.0, 21534.0), (1, "310P3", 1070.0, 21534.0)), driver=None
    ),
    "npu-smi-3.txt": Cards(cards=((0, "910A", 950.0, 15137.0), (1, "910A", 1613.0, 15137.0)), driver=None),
    "npu-smi-5-910B2_hbm.txt": Cards(
        cards=((0, "910B2", 3397.0, 65536.0), (1, "910B2", 3395.0, 65536.0), (2, "910B2", 3396.0, 65536.0)),
        driver="24.1.0.3", version="24.1.0.3",
    ),
    "nvidia-smi-1-h200-idle-q.txt": Cards(cards=(H200[0],), driver="590.48.01"),
    "nvidia-smi-10-l40s-idle-table.txt": Cards(cards=(L40S[0],), driver="595.80", version="595.80"),
    "nvidia-smi-11-l40s-load-q.txt": Cards(cards=(L40S[1],), driver="595.80"),
    "nvidia-smi-12-l40s-load-query_gpu_csv.txt": Cards(cards=(L40S[1],), driver="595.80"),
    "nvidia-smi-13-l40s-load-table.txt": Cards(cards=(L40S[1],), driver="595.80", version="595.80"),
    "nvidia-smi-14-l40s-load-compute_apps_csv.txt": PROCESSES,
    "nvidia-smi-2-h200-idle-query_gpu_csv.txt": Cards(cards=(H200[0],), driver="590.48.01"),
    "nvidia-smi-3-h200-idle-table.txt": Cards(cards=(H200[0],), driver="590.48.01", version="590.48.01"),
    "nvidia-smi-4-h200-load-q.txt": Cards(cards=(H200[1],), driver="590.48.01"),
    "nvidia-smi-5-h200-load-query_gpu_csv.txt": Cards(cards=(H200[1],), driver="590.48.01"),
    "nvidia-smi-6-h200-load-table.txt": Cards(cards=(H200[1],), driver="590.48.01", version="590.48.01"),
    "nvidia-smi-7-h200-load-compute_apps_csv.txt": PROCESSES,
    "nvidia-smi-8-l40s-idle-q.txt": Cards(cards=(L40S[0],), driver="595.80"),
    "nvidia-smi-9-l40s-idle-query_gpu_csv.txt": Cards(cards=(L40S[0],), driver="595.80"),
    "trtexec-1-trt7.txt": (Run(rate=None, batch_ms=0.859765, mean=(GPU, 0.859765)),),
    "trtexec-11-failed.txt": Refused(says="trtexec failed: Engine set up failed"),
    "trtexec-2-line.txt": (Run(rate=None, batch_ms=34.481, mean=(GPU, 34.481)),),
    "trtexec-3-trt10_full_tail.txt": (
        Run(rate=None, batch_ms=0.0359588, mean=("Latency", 0.0441053), qps=15374.3, version="10.16.1"),
    ),
    "trtexec-4-trt10_loadengine.txt": (
        Run(rate=1000 * 4 / 0.0387646, batch=4, mean=(GPU, 0.0387646), qps=24896.9, version="10.16.1"),
    ),
    "trtexec-5-trt10_whole_log.txt": (
        Run(rate=1000 / 0.0359588, batch=1, mean=(GPU, 0.0359588), qps=15374.3, version="10.16.1"),
    ),
    "trtexec-6-trt10_profile_whole_log.txt": (
        Run(rate=1000 * 4 / 0.0387646, batch=4, mean=(GPU, 0.0387646), qps=24896.9, version="10.16.1"),
    ),
    "trtexec-7-ait_prefixed.txt": (Run(rate=None, batch_ms=8.23978, mean=("Latency", 9.81005), qps=120.699),),
    "trtexec-9-trt8_p99only.txt": (Run(rate=None, batch_ms=1.38629, mean=(GPU, 1.38629), qps=716.632),),
    "vamp-1.txt": (Run(rate=156.071, batch=1, mean=("model latency", 15.741)),),
    "vamp-2-samples_forwad.txt": (Run(rate=775.808, batch=1, mean=("e2e latency", 21.697)),),
    "vamp-3-old_szie.txt": (Run(rate=88.0774, batch=1, mean=("model latency", 23.103)),),
    "vamp-6-v2.1.0_fp16.txt": (
        Run(rate=102.118, batch=1, mean=("model latency", 24.307), version="2.1.0"),
    ),
    "vamp-7-doc_multi_instance.txt": (Run(rate=3101.12, batch=8, mean=("model latency", 0.315)),),
    "vsx_prof-1-bce.txt": (Run(rate=19.16, batch=1, mean=("latency", 154.957)),),
}  # fmt: skip

_SAME = {  # excerpt -> the recording that it is of, where it comes to the same
    "ais_bench-2022-one_device.txt": "ais_bench-1.txt",
    "ais_bench-2023-failed.txt": "ais_bench-8-infer_exception.txt",
    "ais_bench-2023-progress_bar.txt": "ais_bench-2.txt",
    "ais_bench-2023-two_devices.txt": "ais_bench-3.txt",
    "atc-2022-success.txt": "atc-1-success.txt",
    "atc-2023-ez9999.txt": "atc-12-error-ez9999_amct.txt",
    "atc-e19010.txt": "atc-3-error-e19010.txt",
    "benchmark310-2021-data_set.txt": "benchmark310-1.txt",
    "cnmon-4.20.11-three.txt": "cnmon-3-v4.txt",
    "cnmon-5.10.13-two.txt": "cnmon-1.txt",
    "mm_run-2022-new_two_groups.txt": "mm_run-5-newformat_doc.txt",
    "mm_run-2022-old_b8.txt": "mm_run-1-bert_qa_fp32_b8.txt",
    "msame-2021-loop.txt": "msame-3.txt",
    "msame-2022-first.txt": "msame-1.txt",
    "msame-2022-spaced.txt": "msame-2.txt",
    "npu_smi-22.0.2-310P3.txt": "npu-smi-1.txt",
    "npu_smi-24.1.0.3-910B2.txt": "npu-smi-5-910B2_hbm.txt",
    "npu_smi-310P3-two.txt": "npu-smi-2.txt",
    "nvidia_smi-590.48.01-apps_csv.txt": "nvidia-smi-7-h200-load-compute_apps_csv.txt",
    "nvidia_smi-590.48.01-q.txt": "nvidia-smi-4-h200-load-q.txt",
    "nvidia_smi-590.48.01-query_gpu_csv.txt": "nvidia-smi-5-h200-load-query_gpu_csv.txt",
    "nvidia_smi-590.48.01-table.txt": "nvidia-smi-3-h200-idle-table.txt",
    "nvidia_smi-590.48.01-table_load.txt": "nvidia-smi-6-h200-load-table.txt",
    "trtexec-10-device.txt": "trtexec-5-trt10_whole_log.txt",
    "trtexec-10-shapes.txt": "trtexec-4-trt10_loadengine.txt",
    "trtexec-7-compute_only.txt": "trtexec-1-trt7.txt",
    "trtexec-8-failed.txt": "trtexec-11-failed.txt",
    "trtexec-8-p99.txt": "trtexec-9-trt8_p99only.txt",
    "vamp-2-three_instances.txt": "vamp-7-doc_multi_instance.txt",
    "vamp-2.1.0-latencies.txt": "vamp-6-v2.1.0_fp16.txt",
    "vamp-2023-szie.txt": "vamp-3-old_szie.txt",
    "vamp-2024-forwad.txt": "vamp-2-samples_forwad.txt",
    "vsx_prof-2024-bce.txt": "vsx_prof-1-bce.txt",
}
RETYPED: dict[str, Known] = {name: RECORDED[of] for name, of in _SAME.items()} | {
    # Ascend/ModelZoo-PyTorch, Starnet_Resnet34: both numbers are in the message.
    "ais_bench-2022-broken_formula.txt": Refused(
        says="2: found throughput 112.53087529912726, expected 1546.0550355958437, which 1000*16/10.348"
    ),
    "benchmark310-2021-pure.txt": (Run(rate=323.826, batch=16, mean=("ave_latency", 3.08851)),),
    # The README computes 657.194306 itself, by the T4 formula.
    "trtexec-7-explicit_batch.txt": (Run(rate=1000 / 1.52162, batch=1, mean=(GPU, 1.52162)),),
    "trtexec-7-host_latency.txt": Refused(says="trtexec: there is no line `GPU Compute Time: min = X ms"),
    "trtexec-8-prefixed.txt": (Run(rate=None, batch_ms=8.23978, mean=(GPU, 8.23978), qps=120.699),),
}
