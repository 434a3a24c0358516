"""Metrics that are models themselves, each through its own package: imported when asked for, never fetched."""
