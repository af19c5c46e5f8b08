"""Distances against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from doodle.evaluation.distances import (
    blurred,
    diversity,
    frechet_distance,
    nearest,
    nearest_picture,
)


def gaussian(mean, covariance, n=400, seed=0):
    """Rows whose sample mean and covariance are exactly these."""
    rows = np.random.default_rng(seed).normal(size=(n, len(mean)))
    rows -= rows.mean(axis=0)
    white = rows @ np.linalg.inv(np.linalg.cholesky(np.cov(rows, rowvar=False))).T
    return white @ np.linalg.cholesky(np.asarray(covariance)).T + mean


def test_frechet_of_axis_aligned_gaussians():
    first = gaussian([1.0, 0.0, -2.0], np.diag([4.0, 1.0, 9.0]))
    second = gaussian([0.0, 2.0, -2.0], np.diag([1.0, 1.0, 0.25]), n=300, seed=1)
    # |m|^2 = 1 + 4, and (2 - 1)^2 + 0 + (3 - 0.5)^2 of the deviations
    assert frechet_distance(first, second) == pytest.approx(5 + 1 + 6.25)
    assert frechet_distance(second, first) == pytest.approx(5 + 1 + 6.25)


def test_frechet_of_gaussians_that_do_not_commute():
    one, two = np.array([[2.0, 0.6], [0.6, 1.0]]), np.array([[1.0, -0.7], [-0.7, 3.0]])
    # the trace of the root of a 2 x 2 matrix M is sqrt(tr M + 2 sqrt(det M))
    product = one @ two
    root = np.sqrt(np.trace(product) + 2 * np.sqrt(np.linalg.det(product)))
    expected = np.trace(one) + np.trace(two) - 2 * root
    found = frechet_distance(gaussian([0, 0], one), gaussian([0, 0], two, seed=2))
    assert found == pytest.approx(expected)


def test_frechet_to_itself_is_nothing_even_where_it_is_flat():
    rows = np.random.default_rng(0).normal(size=(5, 12)).astype(np.float32)  # rank 4 of 12
    assert frechet_distance(rows, rows) == pytest.approx(0, abs=1e-5)
    assert frechet_distance(rows, rows + 1) == pytest.approx(12, rel=1e-4)


def test_diversity_is_the_mean_over_pairs():
    corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    assert diversity(corners) == pytest.approx((3 + 4 + 5) / 3)
    assert diversity(np.ones((4, 7), np.float32)) == 0


def test_nearest_by_hand():
    pool = np.array([[0.0, 0.0], [10.0, 0.0]])
    points = np.array([[3.0, 4.0], [10.0, 2.0], [0.0, 0.0]])
    assert np.allclose(nearest(points, pool), [5, 2, 0])


def test_a_mirrored_copy_is_a_copy():
    rng = np.random.default_rng(0)
    pool = rng.integers(0, 255, size=(40, 28, 28), dtype=np.uint8)
    near = nearest_picture(np.stack([pool[3], pool[5, :, ::-1]]), pool)
    assert np.allclose(near, 0, atol=0.02)
    assert nearest_picture(pool[:1, ::-1], pool).min() > 5  # upside down is another picture
    one, none = np.full((1, 28, 28), 255, np.uint8), np.zeros((1, 28, 28), np.uint8)
    assert nearest_picture(one, none)[0] == pytest.approx(28)


def test_blurring_brings_a_moved_line_nearer():
    lines = np.zeros((3, 28, 28), np.uint8)
    lines[0, :, 10], lines[1, :, 11], lines[2, :, 20] = 255, 255, 255
    sharp = lines.reshape(3, -1) / 255
    assert diversity(sharp[:2]) == pytest.approx(diversity(sharp[[0, 2]]))
    soft = blurred(lines)
    assert diversity(soft[:2]) < 0.4 * diversity(soft[[0, 2]])
    assert soft.sum(axis=1) == pytest.approx(28, rel=0.05)
