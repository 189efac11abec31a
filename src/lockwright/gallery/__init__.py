"""Bugs that locks and structures of the kernel had, each with its failing trace and the proof of its fix.

A bug is a folder under `sources/`: a `bug.toml`, a source that fails and one that is right.
"""

from lockwright.gallery.play import play, play_all
from lockwright.gallery.read import known, load

__all__ = ["known", "load", "play", "play_all"]
