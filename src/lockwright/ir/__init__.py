"""The intermediate representation: one small instruction set that every executor runs."""
