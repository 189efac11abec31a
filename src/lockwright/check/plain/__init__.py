"""The judge of concurrent meaning: a plain explorer, as short and obvious as it can be, and never fast."""
