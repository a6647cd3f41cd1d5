"""How each vendor's toolchain builds and runs a case: a folder a vendor, no score and no data set.

A folder holds `backend` (probe, build, run, profile), `commands` (the documented command lines) and, where
cases can be carried to the card's machine, `bundle`; `loading` finds them by the name in the chip tables.

The scripts for the vendors' own interpreters stand together in `workers/`. They are started by path and
import `loop` and `packages` from their own folder, where Python looks first. In a vendor's folder each would
need this one on its path, and there `import tensorrt` would find our package in place of the SDK.
"""
