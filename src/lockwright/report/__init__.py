"""From a result to what a person reads: a terminal, a page, JSON."""
