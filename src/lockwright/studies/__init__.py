"""Published experiments, each in a file of its own: what they say beside what a simulation of them gives."""
