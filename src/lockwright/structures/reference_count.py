"""Reference counts: whoever drops the last reference, and nobody else, may free.

A drop releases what its thread did with the object; who drops last acquires what all others released.

Source: Linux include/linux/kref.h and `refcount_dec_and_test` of lib/refcount.c (4.11), with their orders.
"""

from lockwright.language import Atomic, Struct, acquire, fence, relaxed, release, u32


class ReferenceCount(Struct):
    count: Atomic[u32]

    def begin(self) -> None:
        """The object has one reference, its maker's, and nobody else knows it yet."""
        self.count.store(1, relaxed)

    def get(self) -> None:
        """One more, by somebody who has one."""
        self.count.fetch_add(1, relaxed)

    def get_unless_zero(self) -> bool:
        """One more, by somebody who has none but knows that the memory stays; false if the object is dying."""
        seen = self.count.load(relaxed)
        while seen != 0:
            found = self.count.compare_exchange(seen, seen + 1, relaxed)
            if found == seen:
                return True
            seen = found
        return False

    def put(self) -> bool:
        """One less; true for the last, who may now free."""
        if self.count.fetch_sub(1, release) != 1:
            return False
        fence(acquire)
        return True
