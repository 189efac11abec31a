"""Litmus tests written in the language: the plain fields at the end are what the threads saw of each other."""
