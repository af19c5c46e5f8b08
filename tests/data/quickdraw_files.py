"""Small files as Quick, Draw! publishes them, made up for the tests."""

import json

import numpy as np

CAT = [[[0, 60, 255], [20, 90, 0]], [[30, 50], [40, 41]]]


def line(drawing=CAT, **fields) -> str:
    record = {
        "word": "cat",
        "countrycode": "DE",
        "timestamp": "2017-03-01 20:41:36.70725 UTC",
        "recognized": True,
        "key_id": "5891796615823360",
        "drawing": drawing,
    }
    return json.dumps(record | fields)


def shifted(by: int) -> list:
    return [[[x + by for x in xs], ys] for xs, ys in CAT]


def polylines(drawing) -> list[np.ndarray]:
    return [np.array(stroke[:2], np.float32).T for stroke in drawing]


def equal(got, wanted) -> bool:
    return len(got) == len(wanted) and all(map(np.array_equal, got, wanted))


def sketchrnn_file(path, **splits) -> None:
    arrays = {}
    for name, drawings in splits.items():
        arrays[name] = np.empty(len(drawings), dtype=object)
        for i, rows in enumerate(drawings):
            arrays[name][i] = np.array(rows, np.int16)
    np.savez_compressed(path, **arrays)


def stretched(by: int) -> list:
    """The cat, wider by ``by`` units."""
    return [[[x + by * (x > 50) for x in xs], ys] for xs, ys in CAT]
