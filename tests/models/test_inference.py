"""What makes networks quick: packed products, folded normalisation, bfloat16."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from doodle.models.packed import PackedLinear
from doodle.models.recogniser import Recogniser, RecogniserConfig
from doodle.models.sketch_rnn import SketchRNN, SketchRNNConfig
from doodle.models.sketch_sampling import Cell, start


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_packed_product_is_the_plain_one_and_the_same_in_any_batch(dtype):
    torch.manual_seed(0)
    weight, bias, x = torch.randn(40, 24), torch.randn(40), torch.randn(70, 24)
    packed = PackedLinear(weight, bias, dtype)
    whole = packed(x)
    assert whole.dtype == torch.float32
    tolerance = 1e-5 if dtype == torch.float32 else 0.1  # eight bits of about 15
    torch.testing.assert_close(whole, F.linear(x, weight, bias), atol=tolerance, rtol=0.02)
    assert all(torch.equal(packed(x[:n]), whole[:n]) for n in (1, 2, 3, 17, 33, 64))


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float32, 1e-5), (torch.bfloat16, 0.03)])
def test_a_step_of_the_cell_is_that_of_the_network(dtype, tolerance):
    torch.manual_seed(1)
    network = SketchRNN(SketchRNNConfig.tiny()).eval()
    static = network.static(torch.randn(3, network.config.text_size), None, *torch.zeros(2, 3))
    row, state, _ = start(network, static)
    gates = network.static_gates(static)
    with torch.inference_mode():
        expected, there = network.step(row, state, gates)
        mixture, here = Cell(network, dtype)(row, state, gates)
    for mine, its in zip((*mixture, *here), (*expected, *there), strict=True):
        torch.testing.assert_close(mine, its, atol=tolerance, rtol=tolerance)


def test_folded_convolutions_in_bfloat16_answer_nearly_the_same_in_float32():
    torch.manual_seed(2)
    network = Recogniser(RecogniserConfig.tiny())
    ink = (torch.rand(32, 1, 28, 28) > 0.8).float()
    network.train()(ink)  # running means that are not zero
    logits, embedding = network.eval()(ink)
    others, directions = network.fuse(torch.bfloat16)(ink)
    assert others.dtype == directions.dtype == torch.float32
    assert network.body[0].weight.dtype == torch.bfloat16
    torch.testing.assert_close(others, logits, atol=0.03, rtol=0.03)
    assert float(F.cosine_similarity(embedding, directions).min()) > 0.999
