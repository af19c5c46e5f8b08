"""Drawings as ordered, timed strokes, and every way into and out of them; no torch here."""
