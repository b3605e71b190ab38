"""The cast of the permission table meets the fuzzers too."""

from tests.permissions.conftest import cast, desk, guest, people

__all__ = ["cast", "desk", "guest", "people"]
