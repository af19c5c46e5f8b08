"""Drawings to train with: download, read, split, order, batch."""
