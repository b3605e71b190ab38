"""Conversations over HTTP, by noun."""
