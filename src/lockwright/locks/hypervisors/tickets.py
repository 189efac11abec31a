"""The word of the paravirtual ticket locks.  The lowest bit of one half may be a flag; then tickets go up by two."""

from lockwright.language import Word, u16


class Tickets(Word):
    head: u16 = 0
    tail: u16 = 0  # the high half: what it carries leaves the word
