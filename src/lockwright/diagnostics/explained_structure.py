"""What each mistake in names, declarations and statements means, with a few lines that have it and the same without it.

The lines stand in a method of a workload, or at the top of a file if they declare something; a test compiles them all.
"""

from __future__ import annotations

STRUCTURE: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "L001",
        "the text is not Python",
        "The language is written in Python's syntax, so that editors and type checkers know it.",
        """
        while True
            pause()
        """,
        """
        while True:
            pause()
        """,
    ),
    (
        "L002",
        "an import leads to no file in the language",
        """
        Nothing is executed, so an import must lead to a file that can be parsed: words come from
        `lockwright.language`, locks from `lockwright.locks.NAME`, your own files by their name beside the importing
        one. A circle of imports has no order.
        """,
        "import os",
        "from lockwright.language import pause",
    ),
    (
        "L003",
        "a name means nothing here",
        """
        A name is a local, something declared in the file, or something imported. Words of the language are imported
        one by one, as everything in Python.
        """,
        "self.count = cuont",
        """
        count = self.count
        self.count = count
        """,
    ),
    (
        "L004",
        "there is no such field, part or method",
        """
        Fields and methods are those that the class declares; atomics have `load`, `store`, `exchange`,
        `compare_exchange`, `fetch_add`, `fetch_sub`, `fetch_or` and `fetch_and`.
        """,
        "self.flag.add(1)",
        "self.flag.fetch_add(1)",
    ),
    (
        "L006",
        "this construct is not in the language",
        """
        The language has what a lock in a kernel has: integers, records, pointers, arrays, loops. There are no
        floats, strings, lists, dictionaries, closures, exceptions or `global`.
        """,
        "self.count = self.count / 2",
        "self.count = self.count // 2",
    ),
    (
        "L015",
        "arguments do not fit what is called",
        "A call gives each parameter one value, by position or by name. A method's first parameter is `self`.",
        "self.flag.compare_exchange(0)",
        "self.flag.compare_exchange(0, 1)",
    ),
    (
        "L021",
        "a field or parameter has no type",
        "Types of fields and parameters are written; only locals have theirs from their first value.",
        """
        class Untyped(Workload):
            owner = 0

            def each_thread(self) -> None: ...
        """,
        """
        class Untyped(Workload):
            owner: u32 = 0

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L022",
        "a result is missing, or nobody expects it",
        "A function that declares a result returns one on every way; one that declares none returns none.",
        """
        def half(number: u32) -> u32:
            if number > 1:
                return number // 2


        class Halving(Workload):
            count: u32

            def each_thread(self) -> None:
                self.count = half(self.count)
        """,
        """
        def half(number: u32) -> u32:
            if number > 1:
                return number // 2
            return 0


        class Halving(Workload):
            count: u32

            def each_thread(self) -> None:
                self.count = half(self.count)
        """,
    ),
    (
        "L023",
        "a lock lacks a method",
        """
        A `Lock` has `lock` and `unlock`, perhaps `trylock`; an `RwLock` has `read_lock`, `read_unlock`,
        `write_lock` and `write_unlock`.
        """,
        """
        class Half(Lock):
            held: Atomic[u8]

            def lock(self) -> None:
                self.held.store(1)
        """,
        """
        class Half(Lock):
            held: Atomic[u8]

            def lock(self) -> None:
                while self.held.exchange(1, acquire):
                    pause()

            def unlock(self) -> None:
                self.held.store(0, release)
        """,
    ),
    (
        "L024",
        "`unlock` does not take what `lock` was given",
        """
        The parameters of `lock` beside `self` are queue nodes of the thread's pool. `unlock` is handed the same
        nodes, and after them what `lock` returned.
        """,
        """
        class Queue(Lock):
            tail: Atomic[Ptr[Node] | None]

            def lock(self, node: Ptr[Node]) -> None:
                self.tail.store(node)

            def unlock(self) -> None:
                self.tail.store(None)
        """,
        """
        class Queue(Lock):
            tail: Atomic[Ptr[Node] | None]

            def lock(self, node: Ptr[Node]) -> None:
                self.tail.store(node)

            def unlock(self, node: Ptr[Node]) -> None:
                self.tail.store(None)
        """,
    ),
    (
        "L033",
        "type arguments do not fit",
        "A generic class takes an argument for each of its type variables, within the bound of each.",
        """
        class Broken(Workload):
            inner: Node[u8]

            def each_thread(self) -> None: ...
        """,
        """
        class Broken(Workload):
            inner: Node

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L034",
        "a `Param` is not what it can be",
        """
        A `Param` is an integer or a `bool` with a value: a constant of the class that the command line may change.
        """,
        """
        class Waits(Workload):
            rounds: Param[u32]

            def each_thread(self) -> None: ...
        """,
        """
        class Waits(Workload):
            rounds: Param[u32] = 8

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L035",
        "the class line has an unknown keyword",
        "A lock promises `fifo`, `overcommit` or `numa`; each is `True` or `False`. Structs have `align`.",
        """
        class Node2(Struct, fifo=True):
            count: u32


        class Nodes(Workload):
            inner: Node2

            def each_thread(self) -> None: ...
        """,
        """
        class Node2(Struct, align=64):
            count: u32


        class Nodes(Workload):
            inner: Node2

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L036",
        "a class needs one base class of the language",
        """
        One of `Struct`, `Union`, `Word`, `Lock`, `RwLock`, `Workload` and `Table`. There is no inheritance but a
        `Table`'s.
        """,
        """
        class Longer(Node):
            more: u32
        """,
        """
        class Longer(Struct):
            node: Node
            more: u32


        class Uses(Workload):
            longer: Longer

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L037",
        "a table of calls is not complete",
        """
        A `Table` names operations; a subclass implements each of them; `calls: Calls = table(First)` declares one.
        """,
        """
        class Calls(Table):
            def go(self) -> None: ...


        class First(Calls):
            def gone(self) -> None: ...


        calls: Calls = table(First)


        class Goes(Workload):
            def each_thread(self) -> None:
                calls.go()
        """,
        """
        class Calls(Table):
            def go(self) -> None: ...


        class First(Calls):
            def go(self) -> None: ...


        calls: Calls = table(First)


        class Goes(Workload):
            def each_thread(self) -> None:
                calls.go()
        """,
    ),
    (
        "L038",
        "there is no such decorator",
        """
        Functions take `@noinline`, `@symbol("name")`, `@workers(n)`, `@interrupt(...)` and `@softirq(...)`; classes
        none.
        """,
        """
        class Runs(Workload):
            @property
            def each_thread(self) -> None: ...
        """,
        """
        class Runs(Workload):
            @noinline
            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L039",
        "a function calls itself",
        "The depth of all calls is known when compiling, as in a kernel whose stack is small. Write a loop.",
        """
        def down(number: u32) -> u32:
            return 0 if number == 0 else down(number - 1)


        class Downward(Workload):
            count: u32

            def each_thread(self) -> None:
                self.count = down(3)
        """,
        """
        def down(number: u32) -> u32:
            while number > 0:
                number -= 1
            return number


        class Downward(Workload):
            count: u32

            def each_thread(self) -> None:
                self.count = down(3)
        """,
    ),
    (
        "L041",
        "a statement is never reached",
        "Every way before it has left: with `return`, `break`, `continue` or in an endless loop.",
        """
        while True:
            pause()
        self.count = 1
        """,
        """
        while self.flag.load(acquire) == 0:
            pause()
        self.count = 1
        """,
    ),
    (
        "L042",
        "a `with` takes a lock",
        """
        Or `lock.reading()`, `lock.writing()`, `rcu_read()`, `interrupts_disabled()`, `softirqs_disabled()`,
        `preemption_disabled()`.
        """,
        """
        with self.count:
            pause()
        """,
        """
        with self.lock:
            pause()
        """,
    ),
    (
        "L043",
        "a name is declared twice",
        "A name means one thing in a file, and one in a class.",
        """
        class Doubled(Workload):
            count: u32
            count: u64

            def each_thread(self) -> None: ...
        """,
        """
        class Doubled(Workload):
            count: u32
            total: u64

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L044",
        "a struct contains itself",
        "A field of a struct type is the whole struct, inside. A list or a tree points: `Ptr[...] | None`.",
        """
        class Leaf(Struct):
            inner: Leaf


        class Tree(Workload):
            root: Leaf

            def each_thread(self) -> None: ...
        """,
        """
        class Leaf(Struct):
            inner: Ptr[Leaf] | None


        class Tree(Workload):
            root: Leaf

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L047",
        "nobody runs this, or not this way",
        """
        A workload has `each_thread`, or methods with `@workers(n)`; they take and give nothing. `setup` runs
        before, and `at_rest` after all threads.
        """,
        """
        class Idle(Workload):
            count: u32
        """,
        """
        class Idle(Workload):
            count: u32

            def each_thread(self) -> None:
                self.count = 1
        """,
    ),
    (
        "L048",
        "the variable of a loop exists only in it",
        "Its value after the loop would depend on how the loop ended.",
        """
        for index in range(4):
            pause()
        self.count = index
        """,
        """
        last = u32(0)
        for index in range(4):
            last = index
        self.count = last
        """,
    ),
    (
        "L049",
        "a statement does nothing",
        "A value is computed and not used: probably a call or an assignment is missing.",
        "self.count + 1",
        "self.count += 1",
    ),
    (
        "L050",
        "a file cannot be read",
        "The message says why.",
        "",
        "",
    ),
    (
        "L052",
        "a field or storage is not declared completely",
        "An array has a length, a field begins with a constant, storage at the top of a file is `shared()`.",
        """
        class Lengthless(Workload):
            slots: Array[u32]

            def each_thread(self) -> None: ...
        """,
        """
        class Lengthless(Workload):
            slots: Array[u32] = field(length=4)

            def each_thread(self) -> None: ...
        """,
    ),
    (
        "L053",
        "there is nothing to check in a file",
        "A file to check has a `Lock`, an `RwLock` or a `Workload`; structs and functions alone do not run.",
        "LIMIT = 4",
        """
        LIMIT = 4


        class Runs(Workload):
            def each_thread(self) -> None: ...
        """,
    ),
)
