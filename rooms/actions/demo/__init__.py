"""The demo: a cast of six people, and consultations that read like real work."""

from rooms.actions.demo.seed import PASSWORD, DemoIncomplete, seed_demo
from rooms.actions.demo.story import ADDRESSES

__all__ = ["ADDRESSES", "PASSWORD", "DemoIncomplete", "seed_demo"]
