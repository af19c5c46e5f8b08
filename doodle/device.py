"""Where tensors live and where randomness comes from: device and dtype with the reason, and seeds.

Every sampler draws from one CPU generator per sample (after EDM2's StackedRandomGenerator), so
candidate k of n equals candidate k alone, and a seed gives the same picture on every device.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Placement:
    """A device, the dtype to compute in, and why these were chosen (a phrase for the page)."""

    device: torch.device
    dtype: torch.dtype
    reason: str

    def __str__(self) -> str:
        return f"{self.device} in {str(self.dtype).removeprefix('torch.')} ({self.reason})"


def choose(wanted: str = "auto") -> Placement:
    """Choose where to compute.

    Args:
        wanted: "auto", or a torch device such as "cpu", "cuda", "cuda:1", "mps".

    Returns:
        The placement. The dtype, of parameters and results, is float32 everywhere: the networks
        are small. Some of their products are in `product_dtype`.

    Raises:
        ValueError: the text names no device, or one that this machine does not have.
    """
    if wanted == "auto":
        if torch.cuda.is_available():
            reason = f"found {torch.cuda.get_device_name(0)}"
            return Placement(torch.device("cuda", 0), torch.float32, reason)
        return Placement(torch.device("cpu"), torch.float32, "no CUDA device found")
    try:
        device = torch.device(wanted)
        torch.empty(0, device=device)  # the cheapest way to learn that it is not there
    except (RuntimeError, AssertionError) as error:
        why = str(error).splitlines()[0]
        raise ValueError(f"cannot use device {wanted!r}: {why}. Try auto or cpu.") from error
    return Placement(device, torch.float32, "asked for")


def default_budget(device: torch.device) -> int:
    """Bytes that loaded networks may take: half of the memory that `device` has."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory // 2
    if not hasattr(os, "sysconf"):  # Windows does not tell
        return 4 << 30
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2


def product_dtype(device: torch.device) -> torch.dtype:
    """The dtype of the products inside networks that sample and rank, as they were trained.

    Rounding to eight bits moves a sampled point by far less than its standard deviation. The same
    seed draws the same on one kind of processor; it may draw another variant on another kind.

    Returns:
        bfloat16 on a CPU that multiplies it natively (AVX512-BF16), two to three times as fast as
        float32 there; float32 on any other, where it would be emulated, and on other devices.
    """
    native = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return torch.bfloat16 if device.type == "cpu" and native() else torch.float32


def _mixed(*numbers: int) -> int:
    """Hash integers to 32 bits, which is all that torch's CPU generator takes of a seed."""
    text = ",".join(map(str, numbers)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little")


def generators(seed: int, n: int) -> list[torch.Generator]:
    """One CPU generator per sample: the k-th depends on (seed, k) only, never on n."""
    return [torch.Generator().manual_seed(_mixed(seed, k)) for k in range(n)]


def seed_for_step(seed: int, step: int) -> int:
    """The seed of a training step, so that a resumed run draws what an unbroken one draws."""
    return _mixed(seed, -1, step)


def one_thread() -> None:
    """Let torch compute on one core in the calling thread; OpenMP keeps that number a thread.

    The networks are small: on two cores that other work shares, two threads of one product waited
    for each other 20 times as long as one computed. Threads of ours share the cores instead.
    """
    torch.set_num_threads(1)
