"""Metrics: one pure function a file, from one prediction and its gold to a score in [0, 1]."""
