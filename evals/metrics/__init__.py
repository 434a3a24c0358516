"""Metrics: pure functions, a measure and its kin a file; which task has which is in `evals.scoring`."""
