"""Exhaustive exploration of small instances under memory models."""
