"""Kinds: what is a ticket, what is the number of a thread, and what is neither."""

import pytest
from tests.ir.assembly import assemble

from lockwright.ir.cells import Cells
from lockwright.ir.kinds import POINTER, THREAD, VALUE, Kinds, Sort, infer_kinds
from lockwright.ir.program import Field, Global, Program, Shape, Struct
from lockwright.ir.symmetry import find_symmetry
from lockwright.ir.types import U16, U32, Array, Atomic, Extent, Part, Place, Pointer, StructRef, Word
from lockwright.ir.waiting import waiting

TICKETS = Word("Tickets", (Part("head", U16, 0), Part("tail", U16, 16)), 32)


def program() -> Program:
    made = Program("test")
    made.structs["Node"] = Struct("Node", (Field("next", Pointer(StructRef("Node"))), Field("stamp", U16)))
    made.structs["Both"] = Struct(
        "Both", (Field("tickets", Atomic(TICKETS)), Field("whole", Atomic(U32))), is_union=True
    )
    places: dict[str, Place] = {
        "owner": Atomic(U16),
        "next": Atomic(U16),
        "other": Atomic(U16),
        "wide": Atomic(U32),
        "tickets": Atomic(TICKETS),
        "both": StructRef("Both"),
        "where": Atomic(Pointer(Atomic(U16))),
        "holder": Atomic(U32),
        "node": StructRef("Node"),
        "mine": Array(StructRef("Node"), Extent.THREADS),
        "plain": U32,
    }
    for name, place in places.items():
        made.globals[name] = Global(name, place)
    return made


def infer(text: str, rest: str = "") -> Kinds:
    one = program()
    assemble(one, "worker", text)
    if rest:
        assemble(one, "rest", rest)
        one.workers.pop()
        one.at_rest.append("rest")
    return infer_kinds(waiting(one).program)


def sort(kinds: Kinds, name: str) -> Sort:
    return kinds.fields[("", name)].sort


TICKET = """
        next = root @next
        owner = root @owner
        ticket = fetch_add @relaxed next 1:u16
    wait:
        seen = atomic_load @acquire owner
        differ = ne seen ticket
        branch @wait @done differ
    done:
        now_ = atomic_load @relaxed owner
        more = add now_ 1:u16
        atomic_store @release owner more
        {extra}
        return
"""


def test_the_words_of_a_ticket_lock_are_one_group() -> None:
    kinds = infer(TICKET.format(extra=""))
    assert kinds.fields[("", "owner")] == kinds.fields[("", "next")]
    assert sort(kinds, "owner") is Sort.TICKET
    assert kinds.groups[0].members == ("next", "owner")
    assert (kinds.groups[0].bits, kinds.groups[0].low_bits) == (16, 0)


@pytest.mark.parametrize(
    "extra",
    [
        "atomic_store @relaxed owner 0:u16",
        "old = fetch_or @relaxed owner 32768:u16",
        "old = fetch_add @relaxed owner seen",
        "old = exchange @relaxed owner 3:u16",
        "old = compare_exchange @relaxed @relaxed owner 3:u16 seen",
        "futex_wait owner 3:u16 -1:u32",
    ],
)
def test_what_happens_in_memory_spoils_the_group(extra: str) -> None:
    assert sort(infer(TICKET.format(extra=extra)), "next") is Sort.VALUE


@pytest.mark.parametrize(
    "extra",
    [
        "turn = mod ticket 4:u16",
        "half = shr ticket 1:u16",
        "inverse = invert ticket",
        "twice = mul ticket 2:u16",
        "sum_ = add ticket seen",
    ],
)
def test_what_is_used_spoils_the_group(extra: str) -> None:
    name = extra.split(maxsplit=1)[0]
    used = f"{extra}\n        other = root @other\n        atomic_store @relaxed other {name}"
    assert sort(infer(TICKET.format(extra=used)), "owner") is Sort.VALUE


@pytest.mark.parametrize("compared", ["eq ticket 0:u16", "lt ticket seen"])
def test_what_is_asked_spoils_the_group(compared: str) -> None:
    used = f"answer = {compared}\n        assert @right answer"
    assert sort(infer(TICKET.format(extra=used)), "owner") is Sort.VALUE


def test_a_difference_is_a_plain_value_and_keeps_the_tickets() -> None:
    used = "far = sub ticket seen\n        near = lt far 4:u16\n        assert @near near"
    assert sort(infer(TICKET.format(extra=used)), "owner") is Sort.TICKET


def test_a_check_at_rest_has_a_say() -> None:
    equal = "a = root @owner\n b = atomic_load @relaxed a\n c = root @next\n d = atomic_load @relaxed c\n"
    assert sort(infer(TICKET.format(extra=""), equal + "e = eq b d\n assert @same e\n return"), "owner") is Sort.TICKET
    assert (
        sort(infer(TICKET.format(extra=""), equal + "e = eq b 4:u16\n assert @four e\n return"), "owner") is Sort.VALUE
    )


def test_setup_has_no_say() -> None:
    one = program()
    assemble(one, "worker", TICKET.format(extra=""))
    assemble(one, "start", "a = root @owner\n atomic_store @relaxed a 7:u16\n return")
    one.workers.pop()
    one.setup = "start"
    assert sort(infer_kinds(waiting(one).program), "owner") is Sort.TICKET


LINUX = """
        tickets = root @tickets
        mine = fetch_add @acquire tickets {step}
        head = part @head mine
        tail = part @tail mine
    wait:
        differ = ne head tail
        branch @spin @done differ
    spin:
        where = part_address @head tickets
        head = atomic_load @acquire where
        jump @wait
    done:
        where = part_address @head tickets
        old = atomic_load @relaxed where
        new = add old 1:u16
        where = part_address @head tickets
        atomic_store @release where new
        return
"""


def linux(step: str) -> Kinds:
    one = program()
    assemble(one, "worker", f"one:Tickets = pack {step}\n" + LINUX.format(step="one"))
    return infer_kinds(waiting(one).program)


def test_halves_of_a_word_are_tickets_if_the_carry_leaves_it() -> None:
    kinds = linux("0:u16 1:u16")
    parts = kinds.fields[("", "tickets")].parts
    assert [part.kind.sort for part in parts] == [Sort.TICKET, Sort.TICKET]
    assert parts[0].kind == parts[1].kind
    assert [(part.shift, part.bits) for part in parts] == [(0, 16), (16, 16)]


def test_a_carry_into_the_other_half_makes_plain_values() -> None:
    assert linux("1:u16 0:u16").fields[("", "tickets")] == VALUE


FLAGGED = """
        tickets = root @tickets
        one:Tickets = pack 0:u16 2:u16
        mine = fetch_add @acquire tickets one
        tail = part @tail mine
        want = and tail {keep}
    wait:
        where = part_address @head tickets
        head = atomic_load @acquire where
        differ = ne head want
        branch @wait @done differ
    done:
        slow = part_address @tail tickets
        old = fetch_or @acq_rel slow 1:u16
        flag = and old 1:u16
        set = ne flag 0:u16
        assert @set set
        return
"""


def test_low_bits_may_be_flags() -> None:
    one = program()
    assemble(one, "worker", FLAGGED.format(keep="65534:u16"))
    kinds = infer_kinds(waiting(one).program)
    assert kinds.fields[("", "tickets")].sort is Sort.WORD
    assert kinds.groups[0].low_bits == 1
    assert kinds.groups[0].members == ("tickets.head", "tickets.tail")


def test_what_is_cut_to_its_low_bits_is_plain() -> None:
    one = program()
    assemble(one, "worker", FLAGGED.format(keep="255:u16"))
    kinds = infer_kinds(waiting(one).program)
    assert [group.low_bits for group in kinds.groups] == [8]
    assert [part.kind.sort for part in kinds.fields[("", "tickets")].parts] == [Sort.VALUE, Sort.TICKET]


def test_an_address_in_memory_leads_to_the_same_tickets() -> None:
    """The constant is written through a pointer that went through memory."""
    through = """where = root @where
        atomic_store @relaxed where owner
        there = atomic_load @relaxed where
        atomic_store @relaxed there 9:u16"""
    assert sort(infer(TICKET.format(extra=through)), "owner") is Sort.VALUE


def test_what_a_union_overlays_is_plain() -> None:
    kinds = infer("""
        both = root @both
        tickets = field @tickets both
        part_ = part_address @tail tickets
        old = fetch_add @relaxed part_ 1:u16
        return
    """)
    assert kinds.fields[("Both", "tickets")] == VALUE


THREADS = """
        mine = root @mine
        holder = root @holder
        me = thread
        here = element mine me
        stamp = field @stamp here
        atomic_store @relaxed holder me
        whose = atomic_load @relaxed holder
        same = eq whose me
        {extra}
        return
"""


def test_the_number_of_a_thread_may_be_kept_and_compared() -> None:
    kinds = infer(THREADS.format(extra="assert @mine same"))
    assert kinds.fields[("", "holder")] == THREAD
    assert kinds.told_apart == ()


def test_nobody_may_have_a_number_that_no_thread_has() -> None:
    kinds = infer(THREADS.format(extra="atomic_store @relaxed holder 4294967295:u32"))
    assert kinds.fields[("", "holder")] == THREAD


@pytest.mark.parametrize(
    "extra",
    [
        "first = eq me 0:u32\n        assert @first first",
        "right = add me 1:u32\n        there = element mine right\n        s = field @stamp there\n        v = load s",
        "atomic_store @relaxed holder 0:u32",
        "there = element mine 1:u32\n        s = field @stamp there\n        v = load s",
        "less = lt whose me\n        assert @less less",
        "old = fetch_add @relaxed holder 1:u32",
    ],
)
def test_threads_are_told_apart(extra: str) -> None:
    kinds = infer(THREADS.format(extra=extra))
    assert kinds.told_apart
    assert kinds.fields[("", "holder")] in (THREAD, VALUE)


def test_threads_that_are_told_apart_are_not_interchangeable() -> None:
    one = program()
    assemble(one, "worker", THREADS.format(extra="atomic_store @relaxed holder 0:u32"))
    found = waiting(one).program
    shape = Shape.plain(3)
    symmetry = find_symmetry(found, infer_kinds(found), shape, Cells(found, shape))
    assert symmetry.groups == ()
    assert symmetry.why_not


def test_threads_with_one_job_are_interchangeable() -> None:
    one = program()
    assemble(one, "worker", THREADS.format(extra=""))
    shape = Shape.plain(3)
    symmetry = find_symmetry(one, infer_kinds(one), shape, Cells(one, shape))
    assert symmetry.groups == ((0, 1, 2),)
    assert [region.name for region in symmetry.renamed] == ["mine"]


def test_a_look_at_the_cpu_leaves_those_on_one_cpu() -> None:
    one = program()
    assemble(one, "worker", "holder = root @holder\n here = cpu\n atomic_store @relaxed holder here\n return")
    shape = Shape((0, 0, 1), (0, 0))
    symmetry = find_symmetry(one, infer_kinds(one), shape, Cells(one, shape))
    assert symmetry.groups == ((0, 1),)
    assert "cpu" in symmetry.why_not[0]


def test_cells_and_registers_have_their_kinds() -> None:
    one = program()
    assemble(one, "worker", TICKET.format(extra=""))
    kinds = infer_kinds(one)
    cells = Cells(one, Shape.plain(2))
    by_name = dict(zip((cell.name for cell in cells.cells), kinds.cells(cells), strict=True))
    assert by_name["owner"].sort is Sort.TICKET
    assert by_name["mine[1].next"] == POINTER
    assert by_name["plain"] == VALUE
    named = {register.name: kinds.register("worker", i) for i, register in enumerate(one.functions["worker"].registers)}
    assert named["ticket"].sort is named["more"].sort is Sort.TICKET
    assert named["owner"] == POINTER
    assert named["differ"] == VALUE


def test_a_record_that_comes_zeroed_has_no_tickets() -> None:
    stamped = """
        node = root @node
        stamp = field @stamp node
        old = load stamp
        new = add old 1:u16
        store stamp new
        {alloc}
        return
    """
    assert infer(stamped.format(alloc="")).fields[("Node", "stamp")].sort is Sort.TICKET
    taken = "fresh = alloc @Node @zero -1:i64"
    assert infer(stamped.format(alloc=taken)).fields[("Node", "stamp")] == VALUE


def test_an_array_that_no_thread_indexes_by_its_number_is_nobodys() -> None:
    one = program()
    assemble(
        one,
        "worker",
        """
        mine = root @mine
        wide = root @wide
        place = fetch_add @relaxed wide 1:u32
        turn = mod place 3:u32
        here = element mine turn
        stamp = field @stamp here
        store stamp 1:u16
        return
        """,
    )
    kinds, shape = infer_kinds(one), Shape.plain(3)
    symmetry = find_symmetry(one, kinds, shape, Cells(one, shape))
    assert kinds.shared_arrays == {("", "mine")}
    assert symmetry.groups == ((0, 1, 2),)
    assert symmetry.renamed == ()
