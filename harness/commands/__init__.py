"""The documented command lines as argument lists: pure functions, a module a toolchain."""
