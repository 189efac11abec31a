"""The compiled explorers, in numba."""
