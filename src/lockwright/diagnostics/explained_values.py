"""What each mistake in types, values and orders means, with a few lines that have it, and the same without it.

The lines stand in a method of a workload, or at the top of a file if they declare something; a test compiles them all.
"""

from __future__ import annotations

VALUES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "L005",
        "this is not a type",
        """
        Types are `u2` to `u64`, `i64`, `bool`, your classes, `Ptr[...]`, `Atomic[...]`, `AtomicWord[...]` and
        arrays. Python's `int` has no width, and a lock depends on widths.
        """,
        "total: int = 0",
        "total: u32 = 0",
    ),
    (
        "L007",
        "a value of another type is expected",
        """
        A value goes only where one of its type is expected; integers widen by themselves, nothing else converts.
        """,
        "self.count = self.pair.load()",
        "self.count = self.pair.load().low",
    ),
    (
        "L008",
        "a wide integer does not fit a narrow one",
        "Narrowing loses the upper bits, so it is written: `u8(x)` keeps the lowest eight.",
        "self.small = self.count",
        "self.small = u8(self.count)",
    ),
    (
        "L009",
        "`u64` and `i64` do not mix",
        "Half of the values of each have no like in the other, so which of the two is meant must be said.",
        "self.big = self.signed",
        "self.big = u64(self.signed)",
    ),
    (
        "L010",
        "a local begins with something that has no type",
        "A local has the type of its first value; a bare number or `None` has none.",
        "total = 0",
        "total = u64(0)",
    ),
    (
        "L011",
        "a local has one type",
        "The first assignment says which. Another type needs another name.",
        """
        one = self.count
        one = self.lock
        """,
        """
        one = self.count
        other = self.lock
        other.lock()
        other.unlock()
        self.count = one
        """,
    ),
    (
        "L012",
        "there is no atomic or integer of this size",
        "The machine changes 8, 16, 32 or 64 bits in one step. More than that is not one step.",
        """
        class Wide(Workload):
            owner: Atomic[u24]

            def each_thread(self) -> None:
                self.owner.store(1)
        """,
        """
        class Wide(Workload):
            owner: Atomic[u32]

            def each_thread(self) -> None:
                self.owner.store(1)
        """,
    ),
    (
        "L013",
        "a pointer that may be `None` is followed",
        """
        A `Ptr[...] | None` is tested before it is followed. A field may change between test and use, so it is taken
        into a local first.
        """,
        "self.count = self.head.count",
        """
        head = self.head
        if head is not None:
            self.count = head.count
        """,
    ),
    (
        "L014",
        "`None` where a place is needed",
        "A `Ptr[...]` without `| None` always points to something.",
        """
        node = alloc(Node)
        self.always = node
        """,
        """
        node = alloc(Node)
        if node is not None:
            self.always = node
        """,
    ),
    (
        "L017",
        "a memory order stands where a value is expected",
        "Values come first, the order last: `store(value, order)`.",
        "self.flag.store(release)",
        "self.flag.store(1, release)",
    ),
    (
        "L020",
        "a local may have no value here",
        "On some way to this point it was not assigned.",
        """
        if self.count > 0:
            one = self.count
        self.small = u8(one)
        """,
        """
        one = u32(0)
        if self.count > 0:
            one = self.count
        self.small = u8(one)
        """,
    ),
    (
        "L025",
        "this is no condition",
        """
        A condition is a `bool`, or a number that is compared with 0. An atomic is read first; a reference is
        compared with `is None`.
        """,
        """
        while self.flag:
            pause()
        """,
        """
        while self.flag.load(acquire):
            pause()
        """,
    ),
    (
        "L026",
        "a constant is needed",
        """
        Lengths, alignments and `Param`s are known when compiling: literals, constants of the file and other
        `Param`s.
        """,
        """
        class Sized(Workload):
            slots: Array[u32] = field(length=cpu())

            def each_thread(self) -> None: ...
        """,
        """
        class Sized(Workload):
            slots: Array[u32] = field(length=cpus())

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L027",
        "a number is out of range",
        """
        An index is below the length, a shift below the width, a constant fits its type, nothing is divided by zero.
        """,
        "self.slots[4] = 1",
        "self.slots[3] = 1",
    ),
    (
        "L028",
        "this is not a word of the machine",
        "A `Word` holds 1 to 64 bits in integer parts, so that the machine changes it in one step.",
        """
        class Triple(Word):
            low: u32 = 0
            middle: u32 = 0
            high: u32 = 0


        class Words(Workload):
            all: AtomicWord[Triple]

            def each_thread(self) -> None: ...
        """,
        """
        class Triple(Word):
            low: u16 = 0
            middle: u16 = 0
            high: u32 = 0


        class Words(Workload):
            all: AtomicWord[Triple]

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L029",
        "a part of a `Word`, or a `Param`, is assigned",
        "A `Word` is a value, like a number: a new one is built. A `Param` is fixed when the program is compiled.",
        """
        pair = self.pair.load()
        pair.low = 1
        """,
        """
        pair = self.pair.load()
        pair = Pair(low=1, high=pair.high)
        self.pair.store(pair)
        """,
    ),
    (
        "L030",
        "this is not assigned",
        """
        An assignment says nothing about memory orders, so atomics have `store`. Structs, arrays and storage are
        places: their fields and elements are assigned.
        """,
        "self.flag = 1",
        "self.flag.store(1, relaxed)",
    ),
    (
        "L031",
        "this order does not belong here",
        """
        A load writes nothing, so it cannot release; a store reads nothing, so it cannot acquire; a failed
        `compare_exchange` only loads; a relaxed fence does nothing.
        """,
        "self.count = self.flag.load(release)",
        "self.count = self.flag.load(acquire)",
    ),
    (
        "L032",
        "a part of an atomic word is passed on",
        "Which part an access touches is seen where it stands. Pass the whole word, and name the part there.",
        "low = self.pair.low",
        """
        low = self.pair.low.load(relaxed)
        self.small = low
        """,
    ),
    (
        "L040",
        "`is` compares references, `==` compares values",
        "Two references are the same place or not; two numbers are equal or not.",
        """
        if self.head == None:
            self.count = 1
        """,
        """
        if self.head is None:
            self.count = 1
        """,
    ),
    (
        "L045",
        "values of this type have no such operation",
        "Integers have arithmetic and order, words have `+ - & | ^` and `==`, references have `is`.",
        """
        if self.pair.load() < self.pair.load():
            pause()
        """,
        """
        if self.pair.load().low < self.pair.load().high:
            pause()
        """,
    ),
    (
        "L046",
        "a truth value is no number",
        "`bool` and integers do not mix by themselves: `u32(x)` gives 0 or 1, `x != 0` gives a `bool`.",
        "self.count = self.count == 1",
        "self.count = u32(self.count == 1)",
    ),
    (
        "L051",
        "only structs, arrays and atomics have an address",
        "A plain number is a value: it is copied, not pointed to; and it is never `None`.",
        """
        class Points(Workload):
            there: Ptr[u32] | None

            def each_thread(self) -> None: ...
        """,
        """
        class Points(Workload):
            there: Ptr[Atomic[u32]] | None

            def each_thread(self) -> None: ...
        """,
    ),
)
