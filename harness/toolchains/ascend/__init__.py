"""Huawei's Ascend: atc builds, ais_bench runs."""
