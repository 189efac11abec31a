from lockwright.language import Array, Atomic, field, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]
    slots: Array[u8] = field(length=4)

    def lock(self) -> None:
        for one in self.slots:
            pass

    def unlock(self) -> None:
        self.held.store(0, release)
