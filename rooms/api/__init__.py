"""Rooms over HTTP."""
