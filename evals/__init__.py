"""Scores models on cases and writes the routes."""
