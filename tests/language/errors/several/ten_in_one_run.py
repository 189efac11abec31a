from lockwright.language import Atomic, Lock, release, u8


class Mine(Lock):
    held: Atomic[u8]

    def lock(self) -> None:
        self.held.store(256)
        self.held.store(257)
        self.held.store(258)
        self.held.store(259)
        self.held.store(260)
        self.held.store(261)
        self.held.store(262)
        self.held.store(263)
        self.held.store(264)
        self.held.store(265)
        self.held.store(266)
        self.held.store(267)
        self.held.store(268)
        self.held.store(269)

    def unlock(self) -> None:
        self.held.store(0, release)
