"""How a part of a drawing may lie in the whole, in few numbers; the whole in its picture."""

from __future__ import annotations

SHARES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)  # longer side of the part, whole 1
CELL, CELLS = 0.1, 9  # of places: middle of the part from that of the whole, whole 1
# a place is numbered by its share, then its row, then its column
# of the whole in its picture, the picture's side being 1, as in Quick, Draw!'s bitmaps
LONGER_SIDE, LINE_WIDTH = 255 / 304, 16 / 304
