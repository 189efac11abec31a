"""Questions asked of a stored graph of states: who is stuck, who starves, who is overtaken, which trace is shortest."""
