"""Commands of `python -m doodle`; each module adds its own to the parser."""
