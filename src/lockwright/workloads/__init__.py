"""What threads do with a lock, written in the language."""
