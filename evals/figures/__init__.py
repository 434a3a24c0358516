"""Figures of scores as SVG and PNG: one a file, each with its intervals and its n, readable without colour."""
