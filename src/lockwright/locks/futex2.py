"""Futex mutex that counts: free, held, or held with sleepers; only the last kind of release enters the kernel.

Waiters sleep on the word, after they have marked it 2 with a compare-exchange.

Source: Drepper, "Futexes are tricky", 2011, section 5, mutex2.
"""

from lockwright.language import Atomic, Lock, acquire, futex_wait, futex_wake, relaxed, release, u32

FREE = 0
HELD = 1
SLEEPERS = 2  # held, and somebody may sleep


class Futex2Lock(Lock, overcommit=True):
    state: Atomic[u32]

    def lock(self) -> None:
        seen = self.state.compare_exchange(FREE, HELD, acquire)
        while seen != FREE:
            if seen == SLEEPERS or self.state.compare_exchange(HELD, SLEEPERS, relaxed) != FREE:
                futex_wait(self.state, SLEEPERS)
            seen = self.state.compare_exchange(FREE, SLEEPERS, acquire)

    def trylock(self) -> bool:
        return self.state.compare_exchange(FREE, HELD, acquire) == FREE

    def unlock(self) -> None:
        if self.state.fetch_sub(1, release) != HELD:
            self.state.store(FREE, release)
            futex_wake(self.state, 1)
