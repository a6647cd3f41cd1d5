"""Package names that are another's, misspelt."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

# What READMEs of the zoos install; a name on the list is never a misspelling of another.
KNOWN = frozenset(
    """
    accelerate albumentations apex boto3 cython datasets decorator easydict einops faiss fairseq
    ftfy gluonnlp h5py huggingface_hub imgaug joblib keras kornia librosa lightning lmdb loguru
    matplotlib mmcls mmcv mmdet mmengine mmsegmentation mxnet nltk numba numpy onnx onnxruntime
    onnxsim onnxslim opencv_python paddlepaddle pandas pillow protobuf psutil pycocotools pyclipper
    pydantic pytest pyyaml rapidfuzz regex requests sacrebleu scikit_image scikit_learn scipy
    seaborn sentencepiece seqeval shapely simplejson skl2onnx soundfile sympy tensorboard tensorflow
    termcolor timm tokenizers torch torchaudio torchtext torchvision tqdm transformers
    typing_extensions ultralytics urllib3 wget yacs
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_IN_ORDER = sorted(KNOWN)
# Of the names that the package index lists, all those that are one slip from a known one: each is its own.
_NEAR = frozenset(
    name
    for line in Path(__file__).with_name("near_names.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
    for name in line.split()
)
SHORTEST = 5  # shorter names are near too many others


@lru_cache(maxsize=4096)
def misspelt(name: str) -> str | None:
    """The known package that `name` is meant to be; None where it is one, or near none.

    A slip of the fingers is one letter too many, one left out, or two neighbours swapped. A name with another
    letter in a place is as like as not a package of its own (simpy and sympy, scapy and scipy, sed_eval and
    seqeval), and so is one that goes on where a known one ends, or ends before it (tensorboardX, dataset).
    One that the package index itself lists (near_names.txt) is no slip, however near it is.
    """
    key = re.sub(r"[-_.]+", "_", name).lower()
    if key in KNOWN or key in _NEAR or len(key) < SHORTEST:
        return None
    return next((known for known in _IN_ORDER if _slipped(key, known)), None)


def _slipped(written: str, meant: str) -> bool:
    """Whether one letter added, left out or swapped with its neighbour makes `written` of `meant`."""
    if abs(len(written) - len(meant)) > 1 or written.startswith(meant) or meant.startswith(written):
        return False
    at = next(at for at, (one, other) in enumerate(zip(written, meant, strict=False)) if one != other)
    rest, wanted = written[at:], meant[at:]
    if len(rest) == len(wanted):
        return rest[:2] == wanted[1::-1] and rest[2:] == wanted[2:]
    return rest[1:] == wanted if len(rest) > len(wanted) else rest == wanted[1:]
