"""Futex mutex that swaps: as `futex2`, but a waiter marks the word and tries to take it in one exchange.

Waiters sleep on the word, which they have just made 2.

Source: Drepper, "Futexes are tricky", 2011, section 6, mutex3.
"""

from lockwright.language import Atomic, Lock, acquire, futex_wait, futex_wake, release, u32

FREE = 0
HELD = 1
SLEEPERS = 2  # held, and somebody may sleep


class Futex3Lock(Lock, overcommit=True):
    state: Atomic[u32]

    def lock(self) -> None:
        seen = self.state.compare_exchange(FREE, HELD, acquire)
        if seen == FREE:
            return
        if seen != SLEEPERS:
            seen = self.state.exchange(SLEEPERS, acquire)
        while seen != FREE:
            futex_wait(self.state, SLEEPERS)
            seen = self.state.exchange(SLEEPERS, acquire)

    def trylock(self) -> bool:
        return self.state.compare_exchange(FREE, HELD, acquire) == FREE

    def unlock(self) -> None:
        if self.state.exchange(FREE, release) == SLEEPERS:
            futex_wake(self.state, 1)
