"""Few shapes: how batches are filled up, and that oneDNN keeps few kernels for that."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from doodle.models.shapes import filled, multiple, roomy

# a product of every number of rows that drawings are sampled with
PRODUCTS = """
import torch
from doodle.models.packed import PackedLinear
packed, x = PackedLinear(torch.randn(40, 24)), torch.randn(288, 24)
with torch.inference_mode():
    for rows in range(1, 289):
        assert len(packed(x[:rows])) == rows
"""


def test_the_numbers_of_rows_are_few_and_little_more():
    sizes = {rows: roomy(rows) for rows in range(1, 321)}
    assert all(rows <= size <= 1.25 * rows for rows, size in sizes.items())
    assert all(roomy(size) == size for size in sizes.values())
    assert len(set(sizes.values())) <= 29
    assert [multiple(rows, 8) for rows in (0, 1, 8, 9)] == [8, 8, 8, 16]


def test_what_is_filled_up_begins_as_it_was():
    x = torch.randn(3, 2, 4)
    assert filled(x, 3) is x
    more = filled(x, 5)
    assert torch.equal(more[:3], x) and more.shape == (5, 2, 4) and not more[3:].any()
    assert torch.equal(filled(torch.ones(2), 3), torch.tensor([1.0, 1.0, 0.0]))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="a torch without oneDNN")
def test_one_process_compiles_few_kernels_for_all_numbers_of_rows(repository):
    found = subprocess.run(
        [sys.executable, "-c", PRODUCTS],
        cwd=repository,
        env={**os.environ, "ONEDNN_VERBOSE": "profile_create", "PYTHONPATH": str(repository)},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    said = [line for line in found.stdout.splitlines() if "inner_product" in line]
    if not said:
        pytest.skip("products are not oneDNN's here")
    assert sum("cache_miss" in line for line in said) <= 29
