"""Lockwright: write a lock once; prove it, run it, and see it on a thousand cores before you patch anything."""
