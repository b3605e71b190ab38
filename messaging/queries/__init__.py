"""Reads of conversations, by noun."""
