#!/usr/bin/env bash
# torch 2.13.0 (load with weights_only=True, the default)
#
# Expected: torch.load's page says that weights_only=True restricts the unpickler to tensors, plain types and dictionaries,
#   which is what to use for files that are not trusted. A small file that names something else is
#   refused at once.
# Seen: the refusal is searched with the pattern (\S+) must be (\S+) to load, which begins again at every character of the
#   name that was refused: four times the time for twice the name. On a busy machine of two cores a name of 10,000
#   characters took 5 s, of 20,000 14 s, of 40,000 61 s; nothing else has to be in the file.
#
# Why it matters: a damaged file does it as well as a hostile one. In the format before 1.6 a name ends at the next end of
#   a line, so that one lost byte makes the rest of the tensors a name; whoever looks at other people's checkpoints in a
#   loop stands still, at full load, without a word.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
./venv/bin/pip install -q torch==2.13.0 numpy==2.4.6
./venv/bin/python - <<'PY'
import io
import pickle
import time
import zipfile

import torch


def refused_in_s(length: int) -> float:
    """Seconds until a file is refused whose pickle names a class of so many characters."""
    stream = io.BytesIO()
    torch.save({"weight": torch.ones(2)}, stream)
    other = io.BytesIO()
    with zipfile.ZipFile(stream) as archive, zipfile.ZipFile(other, "w") as written:
        for item in archive.infolist():
            content = archive.read(item)
            if item.filename.endswith("data.pkl"):
                content = b"\x80\x02cmodule\n" + b"n" * length + b"\n."
            written.writestr(item, content)
    start = time.perf_counter()
    try:
        torch.load(io.BytesIO(other.getvalue()), weights_only=True)
    except pickle.UnpicklingError as problem:
        assert "was not an allowed global" in str(problem)
        return time.perf_counter() - start
    raise SystemExit("the file was read")


refused_in_s(10)
times = {length: refused_in_s(length) for length in (1_250, 2_500, 5_000, 10_000)}
for length, seconds in times.items():
    print(f"a name of {length:>7} characters: refused after {seconds:6.2f} s")
assert times[10_000] > 0.1, "the refusal is quick now"
assert times[10_000] > 6 * times[2_500], "the time no longer grows with the square of the name's length"
PY
