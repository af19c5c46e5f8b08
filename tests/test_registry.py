"""The registry with tiny networks: who is in memory, who may leave, and what a failure leaves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from doodle import checkpoint
from doodle.errors import ModelUnavailable, OutOfBudget
from doodle.models.magenta_decoder import MagentaDecoder, MagentaDecoderConfig
from doodle.registry import WORKING_BYTES, Registry

NAMES = ("a", "b", "c", "d")


@pytest.fixture
def root(tmp_path):
    """Four checkpoints of equal size."""
    config = MagentaDecoderConfig.tiny()
    for seed, name in enumerate(NAMES):
        torch.manual_seed(seed)
        checkpoint.save(
            tmp_path / name / checkpoint.FILE,
            MagentaDecoder(config),
            model="magenta_decoder",
            config=config,
            licence="MIT",
            attribution="nobody",
        )
    checkpoint.update_index(tmp_path)
    return tmp_path


@pytest.fixture
def loads(monkeypatch):
    """The names that were really loaded, in order."""
    names = []
    real = checkpoint.load

    def counted(path, **more):
        names.append(path.parent.name)
        return real(path, **more)

    monkeypatch.setattr(checkpoint, "load", counted)
    return names


def one(root):
    """Bytes of one of the networks in memory."""
    return checkpoint.tensor_sizes(root / "a" / checkpoint.FILE)[1]


def room_for(root, count):
    return Registry(root, "cpu", WORKING_BYTES + count * one(root))


def touch(registry, *names):
    for name in names:
        with registry.use(name):
            pass


def test_nothing_is_loaded_before_it_is_used(root, loads):
    registry = Registry(root, "cpu")
    assert [card.name for card in registry.cards()] == list(NAMES)
    assert "ready: a, b, c, d" in registry.status() and "cpu" in registry.status()
    assert loads == [] and registry.resident_bytes == 0
    with registry.use("b", "a", "b") as (b, a, again):
        assert b is again and a is not b
        assert not b.training
        assert torch.equal(b.w_hh, checkpoint.load(root / "b" / checkpoint.FILE)[0].w_hh)


def test_a_header_is_read_once_and_again_when_the_file_is_another(root, monkeypatch):
    read, real = [], checkpoint.read_header
    monkeypatch.setattr(checkpoint, "read_header", lambda path: read.append(path) or real(path))
    registry = Registry(root, "cpu")
    first = registry.cards()
    assert registry.cards() == first and len(read) == len(NAMES)
    (root / "b" / checkpoint.FILE).write_bytes(b"broken")
    (root / "c" / checkpoint.FILE).unlink()
    problems = [bool(card.problem) for card in registry.cards()]
    assert problems == [False, True, True, False]


def test_the_least_recently_used_leaves_first(root, loads):
    registry = room_for(root, 2)
    touch(registry, "a", "b", "a", "c")  # b has been unused for longest
    touch(registry, "a", "c")
    assert loads == ["a", "b", "c"]
    touch(registry, "b", "c", "a")
    assert loads == ["a", "b", "c", "b", "a"]
    assert registry.resident_bytes == 2 * one(root)


def test_the_pinned_are_never_evicted(root, loads):
    registry = room_for(root, 2)
    with registry.use("a") as (a,):
        touch(registry, "b", "c", "d")
        with registry.use("a") as (again,):
            assert again is a
        with registry.use("b"), pytest.raises(OutOfBudget, match="c need .* budget is"):
            touch(registry, "c")
    assert loads == ["a", "b", "c", "d", "b"]
    touch(registry, "c", "d")  # now a may leave
    touch(registry, "a")
    assert loads[-1] == "a"


def test_several_names_are_admitted_together_or_not_at_all(root, loads):
    registry = room_for(root, 2)
    touch(registry, "a", "b")
    with pytest.raises(OutOfBudget):
        with registry.use("a", "b", "c"):
            pass
    assert loads == ["a", "b"]  # nothing was loaded or thrown out for what cannot fit
    with registry.use("b", "c"):
        assert registry.resident_bytes == 2 * one(root)
    touch(registry, "c", "b")
    assert loads == ["a", "b", "c"]


def test_a_failing_load_leaves_no_residue(root, loads):
    registry = Registry(root, "cpu")
    path = root / "b" / checkpoint.FILE
    good = path.read_bytes()
    path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="git checkout"), registry.use("a", "b"):
            pytest.fail("entered")
        assert registry.resident_bytes == one(root)  # a, which is sound and unpinned
    path.write_bytes(good)
    touch(registry, "b")  # mended without a restart
    assert loads == ["a", "b", "b", "b"]
    assert all(slot.pins == 0 for slot in registry._slots.values())


def test_an_error_in_the_block_unpins(root):
    registry = room_for(root, 1)
    with pytest.raises(ZeroDivisionError), registry.use("a"):
        _ = 1 / 0
    touch(registry, "b")
    assert registry.resident_bytes == one(root)


def test_many_threads_load_once(root, loads):
    registry = Registry(root, "cpu")
    gate = threading.Barrier(12)

    def work(_):
        gate.wait()
        with registry.use("a", "b") as (a, b):
            return id(a), id(b)

    with ThreadPoolExecutor(12) as pool:
        seen = set(pool.map(work, range(12)))
    assert len(seen) == 1 and sorted(loads) == ["a", "b"]


def test_threads_that_overlap_stay_within_the_budget_and_end(root):
    """Pairs in opposite order, with room for three: never a deadlock, never a lost half."""
    registry = room_for(root, 3)
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "a")] * 10
    refused = []

    def work(pair):
        try:
            with registry.use(*pair) as nets:
                assert registry.resident_bytes <= 3 * one(root)
                return all(net.probe(0).isfinite().all() for net in nets)
        except OutOfBudget:
            refused.append(pair)
            return True

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, pairs, timeout=60))
    assert len(refused) < len(pairs)
    assert all(slot.pins == 0 for slot in registry._slots.values())


def test_the_same_work_twice_grows_nothing(root, loads):
    registry = room_for(root, 3)
    touch(registry, *NAMES)
    before = (registry.resident_bytes, len(registry._slots))
    for _ in range(5):
        touch(registry, *NAMES)
    assert (registry.resident_bytes, len(registry._slots)) == before


def test_an_unknown_name_and_a_missing_index_name_the_command(root, tmp_path):
    with pytest.raises(ModelUnavailable, match=r"no checkpoint 'x' .*a, b, c, d.*doodle train"):
        touch(Registry(root, "cpu"), "x")
    empty = Registry(tmp_path / "none", "cpu")
    with pytest.raises(ModelUnavailable, match="git checkout -- .*INDEX.json"):
        empty.cards()
    assert "INDEX.json" in empty.status()  # the page still comes up


def test_the_status_names_what_is_broken_and_what_is_ready(root):
    (root / "c" / checkpoint.FILE).unlink()
    registry = Registry(root, "cpu")
    assert "ready: a, b, d" in registry.status()
    assert "c/model.safetensors is missing. Run `git checkout" in registry.status()
    assert [bool(card.problem) for card in registry.cards()] == [False, False, True, False]


def test_a_device_out_of_memory_is_a_sentence_for_the_visitor(root):
    registry = Registry(root, "cpu")
    with pytest.raises(OutOfBudget, match="ran out of memory. Ask for fewer"), registry.use("a"):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")


def test_a_device_that_is_not_there_is_the_callers_mistake(root):
    with pytest.raises(ValueError, match="Try auto or cpu"):
        touch(Registry(root, "tpu"), "a")


def test_a_registry_of_single_folders(root, tmp_path, loads):
    """As evaluations have them: other names than the folders', no index, digests or not."""
    (tmp_path / checkpoint.INDEX).unlink()
    registry = Registry.of({"x": root / "a", "y": str(root / "b"), "z": root / "none"}, "cpu")
    assert [bool(card.problem) for card in registry.cards()] == [False, False, True]
    assert registry.fit_card("x").header["model"] == "magenta_decoder"
    with registry.use("y", "x") as (b, a):
        assert torch.equal(b.w_hh, checkpoint.load(root / "b" / checkpoint.FILE)[0].w_hh)
        assert not torch.equal(a.w_hh, b.w_hh)
    assert loads[:2] == ["b", "a"]
    with pytest.raises(ModelUnavailable, match="none/model.safetensors is missing"):
        touch(registry, "z")
    with pytest.raises(ModelUnavailable, match="no checkpoint 'a' .*x, y, z"):
        touch(registry, "a")


def test_what_is_built_over_networks_is_built_once(root):
    registry, built = Registry(root, "cpu"), []

    def work(_):
        with registry.use("a") as networks:
            return registry.keep(("a",), networks, lambda one: built.append(one) or [one])

    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(work, range(24)))
    assert len(built) == 1 and all(one is kept[0] for one in kept)


@pytest.mark.gpu
def test_networks_live_on_the_gpu_and_agree_with_the_cpu(root):
    with Registry(root, "cuda").use("a") as (gpu,), Registry(root, "cpu").use("a") as (cpu,):
        rows = torch.randn(2, 5, 5)
        with torch.inference_mode():
            on_gpu, on_cpu = gpu(rows.cuda()), cpu(rows)
        assert on_gpu.mu_x.is_cuda
        for one_, other in zip(on_gpu, on_cpu, strict=True):
            assert torch.allclose(one_.cpu(), other, atol=1e-5)
