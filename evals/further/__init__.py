"""Metrics beside each task's own one, with intervals: what the stored scores of a cell say further."""
