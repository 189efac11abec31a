"""The connection table of IPVS: 2^bits chains under sixteen reader-writer locks, whatever their number.

A packet finds its connection by the client's address and port under the reader's lock of its chain, and takes a
reference there; hashing and unhashing take the writer's.  A connection whose client port is not known yet (FTP data)
is hashed under port 0, and moves to its chain when the first packet tells the port: in two critical sections, as
committed, or at once.

Simplified: one protocol, one virtual service, so the key is the client's address and port; a multiplicative hash
stands for jhash with its random seed; a timer is a thread that tries to expire its connection once.

Source: Linux net/netfilter/ipvs/ip_vs_conn.c at 6f7edb48 (2.6.34) and around it.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from lockwright.language import (
    Atomic,
    Lock,
    Param,
    Ptr,
    RwLock,
    Struct,
    Workload,
    alloc,
    field,
    free,
    relaxed,
    symbol,
    thread,
    threads,
    u8,
    u32,
    u64,
    workers,
)
from lockwright.structures.hash_table import Entry, StripedHashTable

L = TypeVar("L", bound=Lock)
R = TypeVar("R", bound=RwLock)
UNKNOWN_PORT = 0


class Connection(Struct, Generic[L]):
    lock: L
    server: u32
    is_hashed: bool
    needs_port: Atomic[u8]


class ConnectionTable(Struct, Generic[R, L]):
    bits: Param[u32] = 12
    assert 8 <= bits <= 20, "conn_tab_bits is 8 to 20: 256 to 1,048,576 chains"
    table: StripedHashTable[R, Connection[L]] = field(bits=bits, stripe_bits=4)
    without_port: Atomic[u32] = field(align=64)

    @symbol("ip_vs_conn_in_get")
    def find_from_client(self, client: u32, port: u32) -> Ptr[Entry[Connection[L]]] | None:
        """The connection of a packet that a client sent, with a reference.

        As committed, except that it may move between two looks: it moves once, so a third look finds it, and whether
        one has no port is asked before the first look.
        """
        may_move = self.without_port.load(relaxed) > 0
        entry = self.table.get(key_of(client, port))
        if entry is None and may_move:
            entry = self.table.get(key_of(client, UNKNOWN_PORT))
            if entry is None:
                entry = self.table.get(key_of(client, port))
        return entry

    @symbol("ip_vs_conn_out_get")
    def find_from_server(self, server: u32, client: u32, port: u32) -> Ptr[Entry[Connection[L]]] | None:
        """The connection of an answer, with a reference."""
        key = key_of(client, port)
        with self.table.stripe(key).lock.reading():
            entry = self.table.chain(key).find(key)
            if entry is not None and entry.value.server == server:
                entry.references.fetch_add(1, relaxed)
                return entry
        return None

    @symbol("ip_vs_conn_new")
    def make(self, client: u32, port: u32, server: u32) -> Ptr[Entry[Connection[L]]] | None:
        """A new connection, hashed, with a reference for the caller; None without memory."""
        entry = alloc(Entry[Connection[L]])
        if entry is None:
            return None
        entry.key = key_of(client, port)
        entry.value.server = server
        entry.references.store(1, relaxed)
        if port == UNKNOWN_PORT:
            entry.value.needs_port.store(1, relaxed)
            self.without_port.fetch_add(1, relaxed)
        self.hash(entry)
        return entry

    @symbol("ip_vs_conn_put")
    def put(self, entry: Ptr[Entry[Connection[L]]]) -> None:
        entry.references.fetch_sub(1, relaxed)

    @symbol("ip_vs_conn_hash")
    def hash(self, entry: Ptr[Entry[Connection[L]]]) -> bool:
        with self.table.stripe(entry.key).lock.writing():
            if entry.value.is_hashed:
                return False
            self.link(entry)
            return True

    @symbol("ip_vs_conn_unhash")
    def unhash(self, entry: Ptr[Entry[Connection[L]]]) -> bool:
        with self.table.stripe(entry.key).lock.writing():
            if not entry.value.is_hashed:
                return False
            self.unlink(entry)
            return True

    def link(self, entry: Ptr[Entry[Connection[L]]]) -> None:
        self.table.chain(entry.key).add(entry)
        entry.value.is_hashed = True
        entry.references.fetch_add(1, relaxed)

    def unlink(self, entry: Ptr[Entry[Connection[L]]]) -> None:
        self.table.chain(entry.key).remove(entry)
        entry.value.is_hashed = False
        entry.references.fetch_sub(1, relaxed)

    @symbol("ip_vs_conn_fill_cport")
    def fill_port(self, entry: Ptr[Entry[Connection[L]]], client: u32, port: u32) -> None:
        """As committed: unhash, change, hash; in between nobody finds the connection."""
        if self.unhash(entry):
            with entry.value.lock:
                self.set_port(entry, client, port)
            self.hash(entry)

    def fill_port_at_once(self, entry: Ptr[Entry[Connection[L]]], client: u32, port: u32) -> None:
        """The cure: whoever looks finds it in the one chain or in the other."""
        with entry.value.lock:
            here = self.table.stripe(entry.key)
            there = self.table.stripe(key_of(client, port))
            if here is there:
                with here.lock.writing():
                    self.move(entry, client, port)
            elif self.comes_first(entry.key, key_of(client, port)):
                with here.lock.writing(), there.lock.writing():
                    self.move(entry, client, port)
            else:
                with there.lock.writing(), here.lock.writing():
                    self.move(entry, client, port)

    def comes_first(self, key: u64, other: u64) -> bool:
        return self.table.index(key) & 15 < self.table.index(other) & 15

    def move(self, entry: Ptr[Entry[Connection[L]]], client: u32, port: u32) -> None:
        if entry.value.is_hashed:
            self.unlink(entry)
            self.set_port(entry, client, port)
            self.link(entry)

    def set_port(self, entry: Ptr[Entry[Connection[L]]], client: u32, port: u32) -> None:
        if entry.value.needs_port.load(relaxed):
            self.without_port.fetch_sub(1, relaxed)
            entry.value.needs_port.store(0, relaxed)
            entry.key = key_of(client, port)

    @symbol("ip_vs_conn_expire")
    def expire(self, entry: Ptr[Entry[Connection[L]]]) -> bool:
        """What the timer of a connection does: away with it if nobody else has it; whether it is gone."""
        entry.references.fetch_add(1, relaxed)
        if self.unhash(entry):
            if entry.references.load(relaxed) == 1:
                free(entry)
                return True
            self.hash(entry)
        self.put(entry)
        return False

    def connections(self) -> u32:
        """How many there are, at rest."""
        found = u32(0)
        for index in range(1 << self.bits):
            entry = self.table.chains[index].first
            while entry is not None:
                found += 1
                entry = entry.after
        return found


def key_of(client: u32, port: u32) -> u64:
    return u64(client) << 16 | u64(port)


class Traffic(Workload, Generic[R, L]):
    """Each CPU has the packets of a flow of its own, there and back; the network card sees to that."""

    bits: Param[u32] = 8
    connections: ConnectionTable[R, L] = field(bits=bits)
    drops: Atomic[u32]

    def each_thread(self) -> None:
        client = thread() + 1
        for _ in range(2):
            entry = self.connections.find_from_client(client, 80)
            if entry is None:
                entry = self.connections.make(client, 80, 7)
            if entry is None:
                self.drops.fetch_add(1, relaxed)
                return
            answered = self.connections.find_from_server(7, client, 80)
            assert answered is entry, "the answer belongs to the connection of its packet"
            self.connections.put(answered)
            self.connections.put(entry)

    def at_rest(self) -> None:
        assert self.connections.connections() + self.drops.load(relaxed) == threads(), "one connection a flow"


class Ftp(Workload, Generic[R, L]):
    """Two packets of an FTP data connection, the first to tell the client's port: both belong to one connection."""

    bits: Param[u32] = 8
    at_once: Param[bool] = True  # how the connection moves to its chain; False: as committed
    port: Param[u32] = 20
    connections: ConnectionTable[R, L] = field(bits=bits)

    def setup(self) -> None:
        entry = self.connections.make(1, UNKNOWN_PORT, 7)
        assert entry is not None
        self.connections.put(entry)

    def each_thread(self) -> None:
        entry = self.connections.find_from_client(1, self.port)
        if entry is None:
            entry = self.connections.make(1, self.port, 7)
            if entry is None:
                return
        elif entry.value.needs_port.load(relaxed):
            if self.at_once:
                self.connections.fill_port_at_once(entry, 1, self.port)
            else:
                self.connections.fill_port(entry, 1, self.port)
        self.connections.put(entry)

    def at_rest(self) -> None:
        assert self.connections.connections() == 1, "one connection for the flow"
        assert self.connections.without_port.load(relaxed) == 0


class Crossing(Workload, Generic[R, L]):
    """Two connections learn their ports at the same time, and each moves to where the other's lock is."""

    connections: ConnectionTable[R, L] = field(bits=8)  # in which these two cross

    def setup(self) -> None:
        for client in range(1, 5, 2):
            entry = self.connections.make(client, UNKNOWN_PORT, 7)
            assert entry is not None
            self.connections.put(entry)

    @workers(1)
    def first(self) -> None:
        self.packet(1, 7)

    @workers(1)
    def second(self) -> None:
        self.packet(3, 2)

    def packet(self, client: u32, port: u32) -> None:
        entry = self.connections.find_from_client(client, port)
        assert entry is not None
        self.connections.fill_port_at_once(entry, client, port)
        self.connections.put(entry)

    def at_rest(self) -> None:
        assert self.connections.connections() == 2
        assert self.connections.without_port.load(relaxed) == 0


class Expiring(Workload, Generic[R, L]):
    """A connection's timer runs out while packets still find it: it goes when nobody has it, and never under a user."""

    bits: Param[u32] = 8
    connections: ConnectionTable[R, L] = field(bits=bits)
    timed: Ptr[Entry[Connection[L]]] | None  # what the timer knows
    is_gone: bool

    def setup(self) -> None:
        entry = self.connections.make(1, 80, 7)
        assert entry is not None
        self.connections.put(entry)
        self.timed = entry

    @workers(1)
    def timer(self) -> None:
        entry = self.timed
        assert entry is not None
        self.timed = None
        self.is_gone = self.connections.expire(entry)

    @workers(2)
    def packet(self) -> None:
        entry = self.connections.find_from_client(1, 80)
        if entry is not None:
            assert entry.value.server == 7, "nobody frees what a packet uses"
            self.connections.put(entry)

    def at_rest(self) -> None:
        left = self.connections.connections()
        assert left == 0 or not self.is_gone
        assert left == 1 or self.is_gone
