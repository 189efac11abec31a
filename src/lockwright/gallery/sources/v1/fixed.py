"""IPVS learns the port of a client's FTP data connection: the connection moves to the chain of that port."""

from __future__ import annotations

from lockwright.language import Array, Atomic, Ptr, Struct, Workload, alloc, field, relaxed, u32
from lockwright.locks.bias_rwlock import BiasRwLock

UNKNOWN = 0  # ports; each has a chain
KNOWN = 1


class Connection(Struct):
    port: Atomic[u32]
    after: Ptr[Connection] | None


class Table(Struct):
    locks: Array[BiasRwLock] = field(length=2)
    chains: Array[Ptr[Connection] | None] = field(length=2)

    def look_up(self, port: u32) -> Ptr[Connection] | None:
        with self.locks[port].reading():
            return self.chains[port]

    def find(self, port: u32) -> Ptr[Connection] | None:
        connection = self.look_up(port)
        if connection is None:
            connection = self.look_up(UNKNOWN)
        if connection is None:
            connection = self.look_up(port)
        return connection

    def link(self, connection: Ptr[Connection], port: u32) -> None:
        connection.port.store(port, relaxed)
        connection.after = self.chains[port]
        self.chains[port] = connection

    def unlink(self, connection: Ptr[Connection]) -> bool:
        if self.chains[UNKNOWN] is not connection:
            return False
        self.chains[UNKNOWN] = connection.after
        return True

    def fill_port(self, connection: Ptr[Connection], port: u32) -> None:
        with self.locks[UNKNOWN].writing(), self.locks[port].writing():
            if self.unlink(connection):
                self.link(connection, port)


class Packets(Workload):
    table: Table

    def setup(self) -> None:
        connection = alloc(Connection)
        assert connection is not None
        self.table.link(connection, UNKNOWN)

    def each_thread(self) -> None:
        connection = self.table.find(KNOWN)
        if connection is None:
            connection = alloc(Connection)
            if connection is not None:
                with self.table.locks[KNOWN].writing():
                    self.table.link(connection, KNOWN)
        elif connection.port.load(relaxed) == UNKNOWN:
            self.table.fill_port(connection, KNOWN)

    def at_rest(self) -> None:
        connections = u32(0)
        for port in range(2):
            connection = self.table.chains[port]
            while connection is not None:
                connections += 1
                connection = connection.after
        assert connections == 1, "one connection for the flow"
