"""Where something stands in a source, what is wrong there, and how a person reads it."""
