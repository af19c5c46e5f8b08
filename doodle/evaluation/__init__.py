"""Figures: what each shipped checkpoint does on drawings that it was not trained on."""
