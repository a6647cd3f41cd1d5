"""Finds the set that `vamc` left, and says what its runs need: ``vastai_set.py FIND``, for a bundle's script.

FIND is a JSON file: `workspace`, `name` and `suffixes` of the set's files; `device`; `shapes`, vamp's
``--shape`` by the number of inputs; `prefix_file` and `shape_file`, where to write what was found; `job` and
`job_file`, the job of `vastai.py` and where to write it, completed. Python 3.7: see the package.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from vastai import set_device


def find(told: dict[str, Any]) -> str:
    """The prefix of the one whole set under the workspace."""
    found = [path.with_suffix("") for path in Path(told["workspace"]).rglob(told["name"] + ".json")]
    whole = [
        prefix for prefix in found if all(prefix.with_suffix(suffix).is_file() for suffix in told["suffixes"])
    ]
    if len(whole) != 1:
        wanted = ", ".join(told["name"] + suffix for suffix in told["suffixes"])
        raise SystemExit(f"{len(whole)} sets of {wanted} under {told['workspace']}, expected one")
    return str(whole[0])


def main() -> None:
    """Find, ask the SDK, write."""
    import vaststreamx as vsx

    told = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    prefix = find(told)
    set_device(vsx, told["device"])
    count = vsx.Model(prefix, 1).input_count
    if str(count) not in told["shapes"]:
        raise SystemExit(f"{prefix}: the set takes {count} inputs, expected {' or '.join(told['shapes'])}")
    job = dict(told["job"], model=prefix, input_count=count)
    Path(told["job_file"]).write_text(json.dumps(job), encoding="utf-8")
    Path(told["prefix_file"]).write_text(prefix, encoding="utf-8")
    Path(told["shape_file"]).write_text(told["shapes"][str(count)], encoding="utf-8")
    sys.stdout.write(f"{prefix}: {count} inputs\n")


if __name__ == "__main__":
    main()
