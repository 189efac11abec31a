"""Flat code: the program as arrays of integers, which the compiled kernels of `check` and `simulate` run."""
