"""From moves to a story: what happened, in the words of the source, step by step."""
