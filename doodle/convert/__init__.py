"""Third-party weights to our checkpoints, and back where others read them: one file a source."""
