"""Data structures that any workload can use, written in the language."""
