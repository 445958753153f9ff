"""Texts with a target."""
