"""Which files a command reads, and where it writes what comes of them."""

from __future__ import annotations

from pathlib import Path

KINDS = (".png", ".jpg", ".jpeg", ".webp")  # of pictures that are written


def in_and_out(source: Path, out: Path) -> list[tuple[Path, Path]]:
    """Files to read and to write.

    Raises:
        FileNotFoundError: there is nothing to read.
        ValueError: the output is of no kind that can be written.
    """
    from doodle.data.edges import pictures

    if not source.is_dir():
        if not source.exists():
            raise FileNotFoundError(f"no file {source}")
        if out.is_dir():
            out = out / f"{source.stem}.png"
        if out.suffix.lower() not in KINDS:
            raise ValueError(f"{out} is no picture that can be written: {', '.join(KINDS)}")
        return [(source, out)]
    if out.exists() and not out.is_dir():
        raise ValueError(f"{source} is a folder, so --out must be one too; {out} is a file")
    files = list(pictures(source, leave_out=out))
    if not files:
        raise FileNotFoundError(f"no pictures in {source}")
    taken: set[Path] = set()
    jobs = []
    for file in files:
        target = (out / file.relative_to(source)).with_suffix(".png")
        if target in taken:  # lion.jpg and lion.png
            target = out / f"{file.relative_to(source)}.png"
        taken.add(target)
        jobs.append((file, target))
    return jobs
