"""Conversations in the API, by noun."""
