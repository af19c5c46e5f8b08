"""Seeds: candidate k of n is candidate k alone; other seeds and steps give other numbers."""

from __future__ import annotations

import pytest
import torch

from doodle.device import choose, generators, product_dtype, seed_for_step


def first(generator):
    return torch.rand(3, generator=generator).tolist()


def test_candidate_k_of_n_is_candidate_k_alone():
    assert [first(g) for g in generators(7, 16)][:5] == [first(g) for g in generators(7, 5)]


def test_no_two_candidates_of_small_seeds_share_numbers():
    """Adding seed and index would make candidate 1 of seed 0 candidate 0 of seed 1."""
    drawn = [tuple(first(g)) for seed in range(40) for g in generators(seed, 40)]
    assert len(set(drawn)) == len(drawn)


def test_large_seeds_differ_beyond_32_bits():
    assert first(generators(1, 1)[0]) != first(generators(1 + 2**32, 1)[0])


def test_the_seed_of_a_step_depends_on_both():
    seeds = {seed_for_step(seed, step) for seed in range(20) for step in range(20)}
    assert len(seeds) == 400
    assert seed_for_step(3, 5) == seed_for_step(3, 5)


def test_the_placement_says_why():
    assert str(choose("cpu")) == "cpu in float32 (asked for)"
    assert "(" in str(choose("auto"))
    with pytest.raises(ValueError, match="Try auto or cpu"):
        choose("abacus")


def test_products_are_rounded_only_where_the_processor_does_so_natively(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert product_dtype(torch.device("cpu")) == torch.bfloat16
    assert product_dtype(torch.device("cuda")) == torch.float32
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert product_dtype(torch.device("cpu")) == torch.float32
    monkeypatch.delattr(torch.cpu, "_is_avx512_bf16_supported")
    assert product_dtype(torch.device("cpu")) == torch.float32
