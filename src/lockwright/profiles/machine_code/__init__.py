"""Loops of machine code that wait: a lock that was inlined has no name on any stack, but it has instructions."""
