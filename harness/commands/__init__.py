"""The documented command lines as argument lists, a module a toolchain: pure functions, no I/O."""
