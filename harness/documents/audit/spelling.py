"""Package names that are another's, misspelt."""

from __future__ import annotations

from functools import lru_cache

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
SHORTEST = 5  # shorter names are near too many others


@lru_cache(maxsize=4096)
def misspelt(name: str) -> str | None:
    """The known package that `name` is meant to be; None where it is one, or near none.

    A name that goes on where a known one ends, or ends before it, is another package (tensorboardX, dataset).
    """
    key = name.lower().replace("-", "_")
    if key in KNOWN or len(key) < SHORTEST:
        return None
    near = [
        (distance(key, known), known)
        for known in KNOWN
        if abs(len(known) - len(key)) <= 2 and not known.startswith(key) and not key.startswith(known)
    ]
    best = min(near, default=(9, ""))
    return best[1] if best[0] <= (1 if len(key) < 8 else 2) else None


def distance(one: str, other: str) -> int:
    """Letters to add, drop, change or swap with their neighbour to make `other` of `one`."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        earlier, before, row = before, row, [at]
        for to, wanted in enumerate(other, start=1):
            cost = min(before[to] + 1, row[to - 1] + 1, before[to - 1] + (letter != wanted))
            if at > 1 and to > 1 and letter == other[to - 2] and one[at - 2] == wanted:
                cost = min(cost, earlier[to - 2] + 1)
            row.append(cost)
    return row[-1]
