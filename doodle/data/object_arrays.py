"""Object arrays out of .npz files without unpickling them.

The sketch-rnn files of Quick, Draw! hold arrays of arrays, which numpy stores as a pickle, and a
pickle may run any code. Here its instructions are read one by one, and only those that build arrays
of plain numbers are followed; anything else is an error.
"""

from __future__ import annotations

import pickletools
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Literal

import numpy as np

_MARK = object()
_ORDERS: dict[str, Literal["<", ">", "|", "="]] = {"<": "<", ">": ">", "|": "|", "=": "="}
_NUMBERS = "iufb"  # kinds of dtype whose bytes are nothing but numbers
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "MARK": _MARK, "EMPTY_TUPLE": ()}
_LITERALS = {
    "BININT",
    "BININT1",
    "BININT2",
    "LONG1",
    "BINSTRING",
    "SHORT_BINSTRING",
    "BINBYTES",
    "SHORT_BINBYTES",
    "BINBYTES8",
    "BINUNICODE",
    "SHORT_BINUNICODE",
}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def read_object_npz(path: Path) -> dict[str, np.ndarray]:
    """Every array of a .npz file; entries of an object array are arrays of numbers themselves.

    Raises:
        ValueError: the file is no whole .npz, or holds anything but arrays of numbers.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            arrays = {}
            for name in archive.namelist():
                with archive.open(name) as file:
                    arrays[name.removesuffix(".npy")] = read_object_array(file)
            return arrays
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError) as error:
        raise ValueError(f"{path} is no .npz file of number arrays: {error}") from error


def read_object_array(file: IO[bytes]) -> np.ndarray:
    """One .npy stream, as `read_object_npz`.

    Raises:
        ValueError: it is no .npy stream, or holds anything but arrays of numbers.
    """
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(file)
    if version not in readers:
        raise ValueError(f"version {version} of the .npy format")
    shape, fortran, dtype = readers[version](file)
    order: Literal["F", "C"] = "F" if fortran else "C"
    if dtype.hasobject:
        if dtype.kind != "O":
            raise ValueError(f"an array of type {dtype}")
        array = _follow(file)
    else:
        array = np.frombuffer(file.read(int(np.prod(shape)) * dtype.itemsize), dtype)
    return array.reshape(shape, order=order)


# -- the few instructions that build arrays ------------------------------------------------------


class _Dtype:
    """A dtype as its pickle makes it: named first, then given its byte order."""

    value: np.dtype

    def __init__(self, code: str | bytes, *_: Any) -> None:
        self.code = code.decode("latin-1") if isinstance(code, bytes) else code

    def build(self, state: tuple[Any, ...]) -> None:
        order = state[1].decode("latin-1") if isinstance(state[1], bytes) else state[1]
        dtype = np.dtype(object) if self.code[:1] == "O" else np.dtype(self.code)
        if dtype.kind not in _NUMBERS + "O":
            raise ValueError(f"an array of type {self.code!r}")
        if order not in _ORDERS:
            raise ValueError(f"a byte order {order!r}")
        self.value = dtype.newbyteorder(_ORDERS[order])


class _Array:
    """An array as its pickle makes it: empty first, then given shape, type and content."""

    value: np.ndarray

    def build(self, state: tuple[Any, ...]) -> None:
        _, shape, dtype, fortran, content = state
        if dtype.value.kind == "O":
            flat = np.empty(len(content), dtype=object)
            for i, item in enumerate(content):
                flat[i] = item.value  # arrays only: anything else has no value
        else:
            raw = content.encode("latin-1") if isinstance(content, str) else content
            flat = np.frombuffer(raw, dtype.value)
        self.value = flat.reshape(shape, order="F" if fortran else "C")


def _encode(text: str, encoding: str) -> bytes:
    if encoding != "latin1":
        raise ValueError(f"text in {encoding!r}")
    return text.encode("latin-1")


_CALLABLES: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "dtype"): _Dtype,
    ("numpy", "ndarray"): _Array,  # named as an argument only
    ("numpy.core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("numpy._core.multiarray", "_reconstruct"): lambda *_: _Array(),
    ("_codecs", "encode"): _encode,  # how bytes travel in old protocols
    ("__builtin__", "bytes"): lambda: b"",  # and how none do
}


def _follow(file: IO[bytes]) -> np.ndarray:
    """Follow the instructions to the end and return the array they built.

    Raises:
        ValueError: an instruction that building arrays of numbers does not need.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    try:
        for operation, argument, _ in pickletools.genops(file):
            _step(operation.name, argument, stack, memo)
        return stack.pop().value
    except (IndexError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"its instructions do not build arrays ({error!r})") from error


def _step(name: str, argument: Any, stack: list[Any], memo: dict[int, Any]) -> None:
    if name in _LITERALS:
        stack.append(argument)
    elif name in _CONSTANTS:
        stack.append(_CONSTANTS[name])
    elif name in ("BINGET", "LONG_BINGET"):
        stack.append(memo[argument])
    elif name in ("BINPUT", "LONG_BINPUT"):
        memo[argument] = stack[-1]
    elif name == "MEMOIZE":
        memo[len(memo)] = stack[-1]
    elif name in _TUPLES:
        stack[-_TUPLES[name] :] = [tuple(stack[-_TUPLES[name] :])]
    elif name == "TUPLE":
        stack.append(tuple(_since_mark(stack)))
    elif name == "EMPTY_LIST":
        stack.append([])
    elif name == "APPEND":
        item = stack.pop()
        stack[-1].append(item)
    elif name == "APPENDS":
        items = _since_mark(stack)
        stack[-1].extend(items)
    elif name == "GLOBAL":
        stack.append(_named(*argument.split(" ", 1)))
    elif name == "STACK_GLOBAL":
        attribute, module = stack.pop(), stack.pop()
        stack.append(_named(module, attribute))
    elif name == "REDUCE":
        arguments, function = stack.pop(), stack.pop()
        stack.append(function(*arguments))
    elif name == "BUILD":
        state = stack.pop()
        stack[-1].build(state)
    elif name not in ("PROTO", "FRAME", "STOP"):
        raise ValueError(f"the instruction {name}")


def _named(module: str, attribute: str) -> Callable[..., Any]:
    if (module, attribute) not in _CALLABLES:
        raise ValueError(f"a call of {module}.{attribute}")
    return _CALLABLES[module, attribute]


def _since_mark(stack: list[Any]) -> list[Any]:
    at = len(stack) - 1
    while stack[at] is not _MARK:
        at -= 1
    items = stack[at + 1 :]
    del stack[at:]
    return items
