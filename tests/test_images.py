"""Reading pictures: whatever a visitor may bring comes out upright on white."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from doodle.errors import BadDrawing
from doodle.images import letterbox, read_picture


def as_file(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def half_red(width=40, height=20):
    """Red in its left half, blue in its right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = pixels[:, width // 2 :, 2] = 255
    return Image.fromarray(pixels)


def test_exif_turns_the_picture():
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned right: what was left is now on top
    data = as_file(half_red(), "JPEG", exif=exif, quality=95)
    picture = read_picture(data, longest=100)
    assert picture.shape == (40, 20, 3)
    assert picture[3, 10, 0] > 200 and picture[-3, 10, 2] > 200


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("RGB", "PNG"),
        ("L", "PNG"),
        ("P", "GIF"),
        ("CMYK", "JPEG"),
        ("RGB", "TIFF"),
        ("1", "PNG"),
        ("RGB", "WEBP"),
        ("RGB", "BMP"),
        ("L", "PPM"),
    ],
)
def test_every_kind_becomes_rgb(mode, kind, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(as_file(half_red().convert(mode), kind))
    picture = read_picture(path, longest=100)
    assert picture.shape == (20, 40, 3) and picture.dtype == np.uint8
    if mode in ("RGB", "CMYK", "P"):
        assert abs(int(picture[10, 5, 0]) - 255) < 40 and picture[10, 35, 0] < 40


def test_transparent_places_are_white_and_16_bits_become_8():
    clear = half_red().convert("RGBA")
    clear.putalpha(Image.fromarray(np.repeat(np.uint8([[255] * 20 + [0] * 20]), 20, axis=0)))
    picture = read_picture(as_file(clear), longest=100)
    assert (picture[:, 21:] == 255).all() and (picture[:, :19] == (255, 0, 0)).all()
    deep = Image.fromarray(np.linspace(0, 65535, 400).astype(np.uint16).reshape(20, 20))
    picture = read_picture(as_file(deep), longest=100)
    assert picture.min() == 0 and picture.max() == 255


def test_an_animation_is_its_last_frame():
    frames = [Image.new("RGB", (9, 9), c) for c in ("red", "green", "blue")]
    data = as_file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert tuple(read_picture(data, longest=9)[4, 4]) == (0, 0, 255)


def test_large_ones_are_reduced():
    assert read_picture(as_file(half_red(400, 200)), longest=100).shape == (50, 100, 3)


@pytest.mark.parametrize("data", [b"", b"hello", as_file(half_red())[:60]])
def test_broken_ones_are_said(data):
    with pytest.raises(BadDrawing, match="damaged or of an unknown kind"):
        read_picture(data, longest=100)


def test_a_tiff_whose_second_page_has_no_size_is_said():
    data = as_file(half_red(), "TIFF", save_all=True, append_images=[half_red()])
    start = data.rindex(b"\x00\x01\x04\x00")  # of the tag: its number and its type
    with pytest.raises(BadDrawing, match="damaged or of an unknown kind"):
        read_picture(data[:start] + b"\xfd\x00" + data[start + 2 :], longest=100)


def test_letterbox_keeps_proportions_and_repeats_the_rim():
    picture = np.asarray(half_red(40, 20))
    square = letterbox(picture, 80)
    assert square.shape == (80, 80, 3)
    assert (square[:20, :38] == (255, 0, 0)).all() and (square[-20:, 42:] == (0, 0, 255)).all()
    ramp = np.repeat(np.arange(20, dtype=np.uint8)[:, None] * 10, 40, axis=1)
    assert (letterbox(ramp, 80)[:18] < 3).all() and (letterbox(ramp, 80)[-18:] > 187).all()
    filled = letterbox(picture, 80, fill=7)
    assert (filled[:20] == 7).all() and (filled[60:] == 7).all()
    assert (filled[20:60] != 7).any(axis=2).all()
    assert letterbox(np.zeros((1, 1), np.uint8), 16).shape == (16, 16)
    assert letterbox(np.zeros((300, 2), np.uint8), 16).shape == (16, 16)


def test_white_ink_on_nothing_stands_on_black():
    ink = np.zeros((20, 30, 4), np.uint8)
    ink[5:8] = 255
    shown = read_picture(as_file(Image.fromarray(ink)), longest=100)
    assert shown[6].min() == 255 and shown[0].max() == 0
    nothing = read_picture(as_file(Image.new("RGBA", (9, 9))), longest=100)
    assert nothing.min() == 255
