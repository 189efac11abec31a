from lockwright.language import Atomic, Lok, u8


class Mine(Lok):
    held: Atomic[u8]
