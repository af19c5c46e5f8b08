"""The only weights I/O: safetensors with one JSON value in the header.

The header's `__metadata__` holds one key, `doodle`, whose JSON carries all that is needed to build
and assess the network: model (an entry of doodle.models.MODELS), config, data, training, metrics,
licence, and golden numbers that let any machine prove that it has the same model. Reading it needs
the standard library only, so listing is instant and a broken file is named without loading it.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

from doodle.errors import ModelUnavailable
from doodle.weight_files import mend as mend
from doodle.weight_files import raw_header
from doodle.weight_files import sha256_of as sha256_of
from doodle.weight_files import tensor_sizes as tensor_sizes
from doodle.weight_files import weights_sha256 as weights_sha256

if TYPE_CHECKING:
    import torch

M = TypeVar("M", bound="torch.nn.Module")


@runtime_checkable
class Probed(Protocol):
    """What every entry of MODELS has: outputs for seeded input, its golden numbers."""

    def probe(self, seed: int = 0) -> torch.Tensor:
        """Few numbers that any machine with the same weights finds."""
        ...


FORMAT = 1
FILE = "model.safetensors"
INDEX = "INDEX.json"
LOCAL_INDEX = "INDEX.local.json"  # of what this machine fetched; no part of the repository
SCALE = "/scale"  # after a name: the scales of a matrix that is stored in eight bits
GOLDEN_TOLERANCE = 2e-4  # of max(1, |number|): what another CPU's arithmetic may differ by


def read_header(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read what a checkpoint says of itself; the standard library is enough for it.

    Returns:
        The JSON value of the key `doodle`: format, model, config, data, pixels, training, metrics,
        licence, attribution, golden.

    Raises:
        ModelUnavailable: the file is missing, broken, or of a format that we do not read.
    """
    path = Path(path)
    try:
        header: dict[str, Any] = json.loads(raw_header(path)["__metadata__"]["doodle"])
        format_, _ = header["format"], header["model"]
    except (KeyError, TypeError, ValueError) as error:
        message = f"The checkpoint {path} is not one of ours. {mend(path)}"
        raise ModelUnavailable(message) from error
    if format_ != FORMAT:
        raise ModelUnavailable(
            f"The checkpoint {path} has format {format_}, this program reads {FORMAT}. "
            "Run `git pull` to bring program and checkpoints to one version."
        )
    return header


def file_of(path: str | os.PathLike[str]) -> Path:
    """The file of a checkpoint that an argument names by its folder, or by the file itself."""
    path = Path(path)
    return path if path.suffix == Path(FILE).suffix else path / FILE


def read_tensors(path: str | os.PathLike[str]) -> dict[str, torch.Tensor]:
    """The tensors of any safetensors file, ours or not.

    Raises:
        ValueError: it is no such file.
        OSError: it cannot be read.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(f"{path} is no safetensors file: {error}") from error


def save(
    path: str | os.PathLike[str],
    module: torch.nn.Module,
    *,
    model: str,
    config: Any,
    licence: str,
    attribution: str,
    data: dict[str, Any] | None = None,
    pixels: dict[str, Any] | None = None,
    training: dict[str, Any] | None = None,
    metrics: list[dict[str, Any]] | None = None,
    dtype: torch.dtype | None = None,
    packed: Sequence[str] = (),
) -> None:
    """Write a checkpoint for inference.

    The golden numbers are those of the weights as stored, after rounding, in a module that is built
    anew from the config: what cannot be loaded back cannot be saved.

    Args:
        path: the file to write; missing folders are made, an old file is replaced at once.
        module: its state dict is stored; it must have `probe(seed) -> (K,)`.
        model: an entry of MODELS.
        config: the dataclass that `module` was built from; must survive JSON.
        licence: of the weights, for example "MIT".
        attribution: who made the data and what their licence asks us to say.
        data: categories, scale factor, longest length, split.
        pixels: size and range, for networks that read or write pictures.
        training: recipe, steps, seed, command, commit, date; `command` or `source` says in INDEX
            where the weights come from.
        metrics: dicts with name, value, n, split.
        dtype: of the stored floats, float16 by default.
        packed: names of matrices that are stored as whole numbers of eight bits, a scale a row.

    Raises:
        ValueError: tensors share memory, overflow `dtype`, or `config` does not build the module.
    """
    import torch

    dtype = dtype or torch.float16
    tensors = _storable(module.state_dict(), dtype)
    text = json.dumps(dataclasses.asdict(config), allow_nan=False)
    same, rebuilt = _build(model, json.loads(text))
    if same != config:
        raise ValueError(f"the config of {model} does not survive JSON: use tuples, not lists")
    tensors = _packed(tensors, packed)
    rebuilt.load_state_dict(_unpacked(tensors), strict=True)
    header = {
        "format": FORMAT,
        "model": model,
        "config": json.loads(text),
        "data": data or {},
        "pixels": pixels,
        "training": training or {},
        "metrics": metrics or [],
        "licence": licence,
        "attribution": attribution,
        "golden": {"seed": 0, "numbers": _probe(rebuilt, 0), "tolerance": GOLDEN_TOLERANCE},
    }
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _write(path, tensors, header)


def set_metrics(path: str | os.PathLike[str], metrics: list[dict[str, Any]]) -> None:
    """Put measured figures into a checkpoint's header; the weights stay as they are.

    Raises:
        ModelUnavailable: the file is missing or broken.
    """
    update_header(path, metrics=metrics)


def update_header(path: str | os.PathLike[str], **parts: Any) -> None:
    """Replace parts of a checkpoint's header; the weights stay, by the names that they have now.

    Raises:
        ModelUnavailable: the file is missing or broken.
    """
    from safetensors.torch import load_file

    from doodle.models import current_weights

    path = Path(path)
    header = read_header(path)
    _write(path, current_weights(load_file(path)), header | parts)


def _write(path: Path, tensors: dict[str, torch.Tensor], header: dict[str, Any]) -> None:
    from safetensors.torch import save_file

    unfinished = path.with_name(path.name + ".part")
    save_file(tensors, unfinished, metadata={"doodle": json.dumps(header, allow_nan=False)})
    unfinished.chmod(0o644)  # safetensors writes for its owner alone; a deployment has other users
    os.replace(unfinished, path)


def _storable(state: dict[str, torch.Tensor], dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """Copy a state dict to contiguous CPU tensors, floats as `dtype`; refuse what would be lost."""
    import torch

    owners: dict[int, str] = {}
    stored = {}
    for name, tensor in state.items():
        pointer = tensor.data_ptr()
        if tensor.numel() and pointer in owners:
            raise ValueError(f"{name} and {owners[pointer]} share memory: untie or store once")
        owners[pointer] = name
        copy = tensor.detach().to("cpu", dtype if tensor.is_floating_point() else tensor.dtype)
        if copy.is_floating_point() and not torch.isfinite(copy).all():
            raise ValueError(f"{name} is not finite as {dtype}")
        stored[name] = copy.contiguous()
    return stored


def _packed(state: dict[str, torch.Tensor], names: Sequence[str]) -> dict[str, torch.Tensor]:
    """Matrices of some names as int8, beside each its scales."""
    stored = dict(state)
    for name in names:
        rows = state[name].float()
        scale = rows.abs().amax(dim=1, keepdim=True).clamp(min=1e-12) / 127
        stored[name] = (rows / scale).round().char()
        stored[name + SCALE] = scale.squeeze(1)
    return stored


def _unpacked(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What `_packed` made, as floats again."""
    found = {name: value for name, value in state.items() if not name.endswith(SCALE)}
    for name, scale in state.items():
        if name.endswith(SCALE):
            whole = name.removesuffix(SCALE)
            found[whole] = state[whole].float() * scale[:, None]
    return found


def expect(module: torch.nn.Module, kind: type[M]) -> M:
    """The module, which must be a ``kind``.

    Raises:
        ModelUnavailable: it is another network.
    """
    if not isinstance(module, kind):
        found = type(module).__name__
        raise ModelUnavailable(f"A {kind.__name__} is needed here, the checkpoint holds a {found}.")
    return module


def load_as(kind: type[M], path: str | os.PathLike[str]) -> tuple[M, dict[str, Any]]:
    """`load` a network of one kind on the CPU from the checkpoint that a folder or file names.

    Raises:
        ModelUnavailable: as `load`; or it is another network.
    """
    module, header = load(file_of(path))
    return expect(module, kind), header


def load(
    path: str | os.PathLike[str],
    *,
    sha256: str | None = None,
    device: str | torch.device = "cpu",
    dtype: torch.dtype | None = None,
) -> tuple[torch.nn.Module, dict[str, Any]]:
    """Load a network for inference.

    Args:
        path: a file written by `save`.
        sha256: the digest that INDEX.json states; checked before anything is built.
        device: where the network shall live.
        dtype: what it computes in; tensors stay as their module declares them (float32, but for
            large tables) unless this is a shorter type.

    Returns:
        (module in eval mode without gradients, header).

    Raises:
        ModelUnavailable: missing, broken, not the file that the index states, or unfit for our
            networks; the message names the command that mends it.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from doodle.models import current_weights

    path = Path(path)
    header = read_header(path)
    if sha256 is not None and sha256_of(path) != sha256:
        message = f"The checkpoint {path} is not the file that {INDEX} states. {mend(path)}"
        raise ModelUnavailable(message)
    try:
        _, module = _build(header["model"], header["config"])
        module.load_state_dict(_unpacked(current_weights(load_file(path))), strict=True)
    except (KeyError, TypeError, ValueError, RuntimeError, SafetensorError) as error:
        why = " ".join(str(error).split())
        message = f"The checkpoint {path} does not fit this program: {why}. {mend(path)}"
        raise ModelUnavailable(message) from error
    if dtype is not None and dtype.itemsize < 4:
        module.to(dtype)
    return module.to(device).eval().requires_grad_(False), header


def verify(path: str | os.PathLike[str], *, sha256: str | None = None) -> float:
    """Load on the CPU in float32 and rerun the golden numbers.

    Returns:
        The largest deviation, relative to max(1, |number|).

    Raises:
        ModelUnavailable: it does not load, or a number deviates by more than the stated tolerance.
    """
    module, header = load(path, sha256=sha256)
    golden = header["golden"]
    numbers, stated = _probe(module, golden["seed"]), [float(x) for x in golden["numbers"]]
    if len(numbers) != len(stated):
        raise ModelUnavailable(f"{path}: {len(numbers)} golden numbers. {mend(Path(path))}")
    worst = max(
        abs(new - old) / max(1.0, abs(old)) for new, old in zip(numbers, stated, strict=True)
    )
    if not worst <= golden["tolerance"]:  # NaN fails too
        raise ModelUnavailable(
            f"{path}: its golden numbers are off by {worst:.2g}, {golden['tolerance']:.2g} is "
            f"allowed: this is another model or another arithmetic. {mend(Path(path))}"
        )
    return worst


def _probe(module: torch.nn.Module, seed: int) -> list[float]:
    import torch

    module.eval()
    if not isinstance(module, Probed):
        raise ValueError(f"{type(module).__name__} has no probe")
    with torch.inference_mode():
        numbers = module.probe(seed)
    return [float(number) for number in numbers.flatten()]


def _build(model: str, fields: dict[str, Any]) -> tuple[Any, torch.nn.Module]:
    """Build (config, module) of an entry of MODELS from JSON fields; unknown ones are errors."""
    from doodle.models import MODELS, current_name, resolve

    if current_name(model) not in MODELS:
        raise ValueError(f"no model {model!r} (there are {', '.join(MODELS)})")
    config_class, module_class = resolve(model)
    config = config_class(**{key: _as_tuples(value) for key, value in fields.items()})
    return config, module_class(config)


def _as_tuples(value: Any) -> Any:
    """JSON knows lists only, our frozen configs hold tuples only."""
    if isinstance(value, list):
        return tuple(_as_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _as_tuples(item) for key, item in value.items()}
    return value


def update_index(root: str | os.PathLike[str]) -> dict[str, dict[str, Any]]:
    """Write INDEX.json of a folder of checkpoints: what is in it now is what will be trusted.

    Checkpoints whose header says `local` in its data, since they were fetched and are not shipped,
    stand in INDEX.local.json instead.

    Returns:
        name (the folder's) -> file (relative to `root`), bytes, sha256, licence, source; of both.

    Raises:
        ModelUnavailable: one of the files is broken; the indexes are left as they were.
    """
    root = Path(root)
    shipped: dict[str, dict[str, Any]] = {}
    local: dict[str, dict[str, Any]] = {}
    for path in sorted(root.glob(f"*/{FILE}")):
        header = read_header(path)
        training = header["training"]
        (local if header["data"].get("local") else shipped)[path.parent.name] = {
            "file": path.relative_to(root).as_posix(),
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
            "licence": header["licence"],
            "source": training.get("source") or training.get("command", ""),
        }
    _write_index(root / INDEX, shipped)
    if local or (root / LOCAL_INDEX).exists():
        _write_index(root / LOCAL_INDEX, local)
    return shipped | local


def _write_index(path: Path, index: dict[str, dict[str, Any]]) -> None:
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_text(json.dumps(index, indent=2) + "\n", encoding="utf-8")
    os.replace(unfinished, path)
