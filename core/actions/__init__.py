"""Writes that belong to no domain."""
