"""Doodle: draw, name it, and watch a network finish the drawing."""
