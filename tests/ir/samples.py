"""Programs that several tests of the IR look at."""

from lockwright.diagnostics.span import Span
from lockwright.ir.build import FunctionBuilder
from lockwright.ir.program import (
    CallTable,
    Constant,
    Field,
    Global,
    Handler,
    Program,
    Promises,
    Role,
    Struct,
    Worker,
)
from lockwright.ir.table import Order
from lockwright.ir.types import (
    BOOL,
    I64,
    U8,
    U16,
    U32,
    U64,
    Array,
    Atomic,
    Extent,
    Part,
    Place,
    Pointer,
    StructRef,
    Word,
)

TICKETS = Word("Tickets[u8]", (Part("head", U8, 0), Part("tail", U8, 8)), 16)
LOCK = Pointer(StructRef("TicketLock"))


def _here(line: int) -> Span:
    return Span("locks/ticket.py", line, 9, line, 30)


def ticket_program() -> Program:
    """A ticket lock around a counter, with calls, roles and spans."""
    program = Program("ticket", subject=("workload", "lock"))
    fields = (Field("owner", Atomic(U16), span=_here(3)), Field("next", Atomic(U16), span=_here(4)))
    program.structs["TicketLock"] = Struct("TicketLock", fields, is_lock=True)
    program.structs["Workload"] = Struct(
        "Workload", (Field("lock", StructRef("TicketLock")), Field("value", U64, align=64))
    )
    program.globals["workload"] = Global("workload", StructRef("Workload"))
    _lock(program)
    _unlock(program)
    _worker(program)
    program.workers = [Worker("worker")]
    return program


def _lock(program: Program) -> None:
    build = FunctionBuilder(program, "TicketLock.lock", [("self", LOCK)], role=Role.LOCK, span=_here(6))
    build.span = _here(7)
    place = build.emit("field", build.parameters[0], attributes=("next",))
    ticket = build.emit("fetch_add", place, Constant(1, U16), attributes=(Order.RELAXED,), name="ticket")
    again, wait, done = build.label("again"), build.label("wait"), build.label("done")
    build.jump(again)
    build.enter(again)
    owner = build.emit(
        "atomic_load", build.emit("field", build.parameters[0], attributes=("owner",)), attributes=(Order.ACQUIRE,)
    )
    build.branch(build.emit("eq", owner, ticket), done, wait)
    build.enter(wait)
    build.do("pause")
    build.jump(again)
    build.enter(done)
    build.give_back()
    build.finish()


def _unlock(program: Program) -> None:
    build = FunctionBuilder(program, "TicketLock.unlock", [("self", LOCK)], role=Role.UNLOCK, span=_here(10))
    owner = build.emit("field", build.parameters[0], attributes=("owner",))
    now = build.emit("atomic_load", owner, attributes=(Order.RELAXED,))
    build.do("atomic_store", owner, build.emit("add", now, Constant(1, U16)), attributes=(Order.RELEASE,))
    build.give_back()
    build.finish()


def _worker(program: Program) -> None:
    build = FunctionBuilder(program, "worker")
    root = build.emit("root", attributes=("workload",))
    body, done = build.label("body"), build.label("done")
    test = build.label("test")
    build.jump(test)
    build.enter(test)
    build.branch(build.emit("running"), body, done)
    build.enter(body)
    build.span = _here(20)
    lock = build.emit("field", root, attributes=("lock",))
    build.do("call", lock, attributes=("TicketLock.lock",))
    value = build.emit("field", root, attributes=("value",))
    build.do("store", value, build.emit("add", build.emit("load", value), Constant(1, U64)))
    build.do("call", lock, attributes=("TicketLock.unlock",))
    build.jump(test)
    build.enter(done)
    build.give_back()
    build.finish()


def node_world(*names: str) -> Program:
    """Records with a number and a link, that can be allocated, and a global for each name that points to one."""
    program = Program("nodes")
    node = Pointer(StructRef("Node"))
    head = StructRef("RcuHead")
    program.structs["RcuHead"] = Struct("RcuHead", (Field("link", U64),))
    program.structs["Node"] = Struct("Node", (Field("value", I64), Field("next", node), Field("rcu", head)))
    program.globals = {name: Global(name, node) for name in names}
    return program


def everything() -> Program:
    """A program that has at least one of all that a program may have."""
    program = ticket_program()
    program.promises = Promises(fifo=True, numa=True)
    program.sources = {"locks/ticket.py": 'a text\nwith "quotes" and ü\n'}
    program.imports = {"locks/ticket.py": "0123abc"}
    word = Struct("Either", (Field("whole", Atomic(TICKETS)), Field("bytes", Array(U8, 2))), align=8, is_union=True)
    program.structs["Either"] = word
    places: dict[str, Place] = {
        "choice": Atomic(U8),
        "pool of nodes": Array(Array(StructRef("Either"), Extent.NODE_IDS), Extent.THREADS),
        "minus": I64,
        "null": Pointer(StructRef("Either")),
    }
    program.globals |= {name: Global(name, place, _here(40)) for name, place in places.items()}
    program.tables["calls"] = CallTable(
        "calls", "choice", {"Native": {"go": "idle"}, "Other": {"go": "odd name, here"}}
    )
    for name in ("idle", "odd name, here"):
        build = FunctionBuilder(program, name, [("flag", BOOL)], U32)
        build.function.noinline = True
        build.function.symbol = "sym.bol"
        build.register(U32, "flag")
        build.give_back(Constant(7, U32))
        build.finish()
    build = FunctionBuilder(program, "start")
    root = build.emit("root", attributes=("minus",))
    build.do("store", root, Constant(-5, I64))
    build.do("patch", attributes=("calls", "Other"))
    build.emit("call_table", Constant(1, BOOL), attributes=("calls", "go"))
    build.emit("pack", Constant(1, U8), Constant(255, U8), kind=TICKETS, name="both parts")
    build.emit("extent", attributes=(Extent.CPUS,))
    build.do("assert", Constant(1, BOOL), attributes=('a message: with, everything; "in" it',))
    build.do("store", build.emit("root", attributes=("null",)), Constant(0, Pointer(StructRef("Either"))))
    build.give_back()
    build.finish()
    program.setup = "start"
    program.at_rest = ["start"]
    program.workers = [Worker("start", 2, 1, 0), Worker("worker")]
    program.handlers = [Handler("start", 5000, 0, maskable=False), Handler("start", softirq=True)]
    return program
