"""Sampling from SketchRNN: temperature, one row at a time, many drawings side by side.

`Sampling` is a running batch in the manner of servers of language models: candidates of a new
drawing join at its next step, finished ones leave.  A candidate depends on its own word, noise and
temperature alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from doodle.models.packed import PackedLinear
from doodle.models.sketch_rnn import POSE_FEATURES, DecoderState, Mixture, SketchRNN

SPARE = 0.8  # computed rows of which fewer than this share still draw are given up


def with_temperature(mix: Mixture, tau: float | Tensor) -> Mixture:
    """The paper's rule, equation (8): pi and pen logits divided by tau, sigma times sqrt(tau).

    Args:
        tau: one for all, or (B, 1) float64, one for each candidate; above 0, at most 2.
    """
    if isinstance(tau, Tensor):
        dtype = mix.pi_logits.dtype
        log_scale: float | Tensor = (0.5 * tau.log()).to(dtype)
        tau = tau.to(dtype)
    elif not 0 < tau <= 2:
        raise ValueError("temperature lies above 0 and is at most 2")
    else:
        log_scale = 0.5 * math.log(tau)
    return mix._replace(
        pi_logits=mix.pi_logits / tau,
        pen_logits=mix.pen_logits / tau,
        log_sigma_x=mix.log_sigma_x + log_scale,
        log_sigma_y=mix.log_sigma_y + log_scale,
    )


def draw_row(mix: Mixture, noise: Tensor) -> Tensor:
    """Draw one stroke-5 row a candidate.

    Args:
        mix: leading shape (B,), temperature already in.
        noise: (B, 4): uniform for the component, two normals, uniform for the pen.

    Returns:
        (B, 5), network units.
    """

    def pick(logits: Tensor, u: Tensor) -> Tensor:
        cdf = torch.softmax(logits, dim=1).cumsum(dim=1)
        # the last entry of the sum may round below u: never beyond the last index
        return (cdf < u.unsqueeze(1)).sum(dim=1).clamp(max=logits.shape[1] - 1)

    k = pick(mix.pi_logits, noise[:, 0]).unsqueeze(1)
    mu_x, mu_y, lx, ly, rho = (v.gather(1, k).squeeze(1) for v in mix[1:6])
    a, b = noise[:, 1], noise[:, 2]
    dx = mu_x + lx.exp() * a
    dy = mu_y + ly.exp() * (rho * a + torch.sqrt(1 - rho.square()) * b)
    pen = F.one_hot(pick(mix.pen_logits, noise[:, 3]), 3).to(dx.dtype)
    return torch.cat([dx.unsqueeze(1), dy.unsqueeze(1), pen], dim=1)


class Primed(NamedTuple):
    """B candidates in mid-drawing."""

    row: Tensor  # (B, 5) what was drawn last
    state: DecoderState  # before that row is read
    begins: Tensor  # (B,) bool: the next row starts a stroke

    def pick(self, index: Tensor) -> Primed:
        """The candidates at ``index`` (N,): several may continue one prefix."""
        state = DecoderState(*(part[index] for part in self.state))
        return Primed(self.row[index], state, self.begins[index])


class Cell:
    """One step of the decoder for sampling, its weights packed: what `SketchRNN.step` computes.

    A hyperbolic tangent is computed as 2 sigmoid(2 x) - 1: a tenth of the time of torch.tanh.
    A row does not depend on the others where the network's `hidden` is a multiple of 32: what is
    left over of a vector operation is rounded in another way.

    Args:
        network: in eval mode.
        dtype: float32 or bfloat16, of the recurrent products, as they were in training.
    """

    def __init__(self, network: SketchRNN, dtype: torch.dtype = torch.float32) -> None:
        self.network = network
        lstm, moving = network.decoder, 5 + POSE_FEATURES
        recurrent, read = lstm.get_parameter("weight_hh_l0"), lstm.get_parameter("weight_ih_l0")
        weight = torch.cat([recurrent, read[:, :moving]], dim=1)
        self._gates = PackedLinear(weight, dtype=dtype)
        self._head = PackedLinear(network.head.weight, network.head.bias)

    @torch.inference_mode()
    def __call__(
        self, row: Tensor, state: DecoderState, static_gates: Tensor
    ) -> tuple[Mixture, DecoderState]:
        """Arguments and returns as :meth:`SketchRNN.step`."""
        state = self.advance(row, state, static_gates)
        return self.network.split(self._head(state.h)), state

    @torch.inference_mode()
    def advance(self, row: Tensor, state: DecoderState, static_gates: Tensor) -> DecoderState:
        """The state after a row, without what comes next."""
        gates = self._gates(torch.cat([state.h, row, state.pose], dim=1)).add_(static_gates)
        gates.chunk(4, dim=1)[2].mul_(2)
        i, f, g, o = gates.sigmoid_().chunk(4, dim=1)
        c = torch.addcmul(f * state.c, i, g.mul_(2).sub_(1))
        h = (c * 2).sigmoid_().mul_(2).sub_(1).mul_(o)
        return DecoderState(h, c, state.pose)


@torch.inference_mode()
def start(network: SketchRNN, static: Tensor) -> Primed:
    """B candidates before their first row, from static (B, static_size)."""
    row = static.new_tensor([0, 0, 1, 0, 0]).expand(len(static), 5)  # the start token
    begins = torch.ones(len(static), dtype=torch.bool, device=static.device)
    return Primed(row, network.initial_state(static), begins)


class Prefix(NamedTuple):
    """What is already drawn, to be read for B candidates."""

    static: Tensor  # (B, static_size) from `SketchRNN.static`
    primed: Primed  # what was read before, from `start` or an earlier `read`
    rows: Tensor  # (T, 5) rows in network units, without an end token; T may be 0


@torch.inference_mode()
def read(cell: Cell, prefixes: Sequence[Prefix]) -> list[Primed]:
    """Go on reading what is already drawn, of several drawings side by side."""
    # the longest first: those that still have rows are the first ones
    order = sorted(range(len(prefixes)), key=lambda k: -len(prefixes[k].rows))
    sizes = [len(prefixes[k].static) for k in order]
    longest = len(prefixes[order[0]].rows) if order else 0
    network, parts = cell.network, [prefixes[k].primed for k in order]
    row = torch.cat([part.row for part in parts])
    state = DecoderState(*(torch.cat(some) for some in zip(*(p.state for p in parts), strict=True)))
    begins = torch.cat([part.begins for part in parts])
    # one by one: a plain product rounds differently for another number of rows
    gates = torch.cat([network.static_gates(prefixes[k].static) for k in order])
    for t in range(longest):
        going = sum(len(prefixes[k].rows) > t for k in order)
        some = sum(sizes[:going])
        after = torch.cat(
            [
                prefixes[k].rows[t].expand(size, 5)
                for k, size in zip(order[:going], sizes, strict=False)
            ]
        )
        now = cell.advance(row[:some], DecoderState(*(p[:some] for p in state)), gates[:some])
        now = now._replace(pose=network.move(now.pose, after, begins[:some]))
        fresh = (after, now, after[:, 3] > 0.5)
        if some < len(row):
            state = DecoderState(
                *(torch.cat([a, b[some:]]) for a, b in zip(now, state, strict=True))
            )
            row = torch.cat([after, row[some:]])
            begins = torch.cat([fresh[2], begins[some:]])
        else:
            row, state, begins = fresh
    ends = torch.tensor([0, *sizes]).cumsum(0).tolist()
    found: list[Primed] = [None] * len(prefixes)  # type: ignore[list-item]
    for k, a, b in zip(order, ends[:-1], ends[1:], strict=True):
        found[k] = Primed(row[a:b], DecoderState(*(part[a:b] for part in state)), begins[a:b])
    return found


def prime(network: SketchRNN, static: Tensor, prefix: Tensor) -> Primed:
    """Read what is already drawn, (T, 5) rows in network units, for B candidates."""
    return read(Cell(network), [Prefix(static, start(network, static), prefix)])[0]


class Row(NamedTuple):
    """What one step drew of one drawing's candidates."""

    key: int  # from `Sampling.add`
    candidates: Tensor  # (N,) whole numbers, those that were still drawing
    rows: Tensor  # (N, 5) in network units
    ended: Tensor  # (N,) bool: that row was the end, or the last that may be drawn


class _Rows(NamedTuple):
    """The running batch, one entry a candidate."""

    key: Tensor  # (B,) whose candidate
    candidate: Tensor  # (B,)
    row: Tensor  # (B, 5)
    h: Tensor
    c: Tensor
    pose: Tensor
    begins: Tensor  # (B,) bool
    gates: Tensor  # (B, 4 * hidden), the share of the gates that never changes
    noise: Tensor  # (B, S, 4)
    left: Tensor  # (B,) rows that may still be drawn
    tau: Tensor  # (B, 1) float64
    first: Tensor  # (B,) bool: nothing was drawn in this run
    fresh: Tensor  # (B,) bool: nothing was drawn at all
    going: Tensor  # (B,) bool

    def pick(self, index: Tensor) -> _Rows:
        return _Rows(*(part[index] for part in self))


class Sampling:
    """Candidates of any number of drawings, drawn side by side.

    Args:
        cell: of the network that draws.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self._rows: _Rows | None = None
        self._keys = 0

    def __len__(self) -> int:
        """Candidates that still draw."""
        return int(self._rows.going.sum()) if self._rows is not None else 0

    @torch.inference_mode()
    def add(self, static: Tensor, noise: Tensor, tau: float, primed: Primed | None = None) -> int:
        """Let B candidates join at the next step.

        Args:
            static: (B, static_size) from :meth:`SketchRNN.static`.
            noise: (B, S, 4) from :func:`row_noise`; S is the most rows that are drawn.
            tau: temperature, see :func:`with_temperature`.
            primed: what the candidates continue; a new drawing when None.

        Returns:
            The key by which `step` and `drop` call them.
        """
        if not 0 < tau <= 2:
            raise ValueError("temperature lies above 0 and is at most 2")
        self._keys += 1
        count, network = len(static), self.cell.network
        row, state, begins = primed or start(network, static)
        ones = torch.ones(count, dtype=torch.bool, device=static.device)
        joined = _Rows(
            key=ones * self._keys,
            candidate=torch.arange(count, device=static.device),
            row=row,
            h=state.h,
            c=state.c,
            pose=state.pose,
            begins=begins,
            gates=network.static_gates(static),
            noise=noise,
            left=ones * noise.shape[1],
            tau=static.new_full((count, 1), tau, dtype=torch.float64),
            first=ones,
            fresh=ones if primed is None else ~ones,
            going=ones,
        )
        self._rows = joined if self._rows is None else _joined(self._rows, joined)
        return self._keys

    @torch.inference_mode()
    def drop(self, key: int) -> None:
        """Forget the candidates of a drawing."""
        if self._rows is not None:
            self._rows = _kept(self._rows, self._rows.key != key)

    @torch.inference_mode()
    def step(self) -> list[Row]:
        """Draw one row of every candidate.

        Returns:
            What was drawn, a value for each drawing that had candidates left.
        """
        now = self._rows
        if now is None:
            return []
        state = DecoderState(now.h, now.c, now.pose)
        mix, state = self.cell(now.row, state, now.gates)
        mix = with_temperature(mix, now.tau)
        # an answer adds something: its first row cannot be the end
        barred = now.first.to(now.h.dtype).unsqueeze(1) * now.h.new_tensor([0, 0, -1e4])
        mix = mix._replace(pen_logits=mix.pen_logits + barred)
        step = (now.noise.shape[1] - now.left).clamp(max=now.noise.shape[1] - 1)
        row = draw_row(mix, now.noise[torch.arange(len(step), device=step.device), step])
        # the first point of a new drawing is the origin
        moves = row[:, :2].masked_fill((now.first & now.fresh).unsqueeze(1), 0.0)
        row = torch.cat([moves, row[:, 2:]], dim=1)
        pose = self.cell.network.move(state.pose, row, now.begins)
        ended = (row[:, 4] > 0.5) | (now.left <= 1)
        drawn = _by_key(now, row, ended)
        rows = now._replace(
            row=row,
            h=state.h,
            c=state.c,
            pose=pose,
            begins=row[:, 3] > 0.5,
            left=now.left - 1,
            first=torch.zeros_like(now.first),
            going=now.going & ~ended,
        )
        # the finished cost as much as the others: they go when they are many
        crowded = int(rows.going.sum()) <= SPARE * len(rows.going)
        self._rows = _kept(rows, rows.going) if crowded else rows
        return drawn


def _kept(rows: _Rows, chosen: Tensor) -> _Rows | None:
    """The candidates that are chosen (B,) bool; None where there are none."""
    index = chosen.nonzero().squeeze(1)
    return rows.pick(index) if len(index) else None


def _joined(rows: _Rows, others: _Rows) -> _Rows:
    """Two batches as one, the noise of both as long as the longer one's."""
    most = max(rows.noise.shape[1], others.noise.shape[1])
    # a candidate's noise is counted from its end, so that `left` stays right
    both = [
        part._replace(noise=F.pad(part.noise, (0, 0, most - part.noise.shape[1], 0)))
        for part in (rows, others)
    ]
    return _Rows(*(torch.cat(pair) for pair in zip(*both, strict=True)))


def _by_key(now: _Rows, row: Tensor, ended: Tensor) -> list[Row]:
    """What candidates that still draw drew, in order of joining."""
    going = now.going.nonzero().squeeze(1)
    keys = now.key[going]
    found = []
    for key in dict.fromkeys(keys.tolist()):
        index = going[keys == key]
        found.append(Row(key, now.candidate[index], row[index], ended[index]))
    return found


@torch.inference_mode()
def sample(
    network: SketchRNN, static: Tensor, noise: Tensor, tau: float, primed: Primed | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Draw B candidates of one drawing, one row of each at a time.

    Args:
        static, noise, tau, primed: as :meth:`Sampling.add` takes them.

    Yields:
        rows (B, 5) in network units and ended (B,) bool; stops once all have ended.  What a
        candidate yields from its end on is not part of its drawing.
    """
    sampling = Sampling(Cell(network))
    sampling.add(static, noise, tau, primed)
    ended = torch.zeros(len(static), dtype=torch.bool, device=static.device)
    end = static.new_tensor([0, 0, 0, 0, 1]).expand(len(static), 5)
    for _ in range(noise.shape[1]):
        drawn = sampling.step()
        if not drawn:
            return
        (part,) = drawn
        rows = end.index_put((part.candidates,), part.rows)
        ended = ended.index_put((part.candidates,), part.rows[:, 4] > 0.5)
        yield rows, ended
        if not len(sampling):
            return


def row_noise(generator: torch.Generator, steps: int) -> Tensor:
    """(steps, 4) of noise for one candidate: uniform, two normals, uniform."""
    noise = torch.randn(steps, 4, generator=generator)
    noise[:, [0, 3]] = torch.rand(steps, 2, generator=generator)
    return noise
