"""Weights, networks, graphs, and graphs in a chip's numerics.

How a graph is compiled and run belongs to `toolchains`.
"""
