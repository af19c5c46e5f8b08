"""Training: one loop that owns when, one recipe a model that owns what."""
