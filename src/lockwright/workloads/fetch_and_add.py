"""All threads add to one word: what the machine does with a line that everybody writes, without any lock."""

from lockwright.language import Atomic, Param, Workload, compute, field, relaxed, running, u2, u32


class FetchAndAdd(Workload):
    think: Param[u32] = 0  # cycles between two additions
    word: Atomic[u2] = field(align=64)  # modulo 4, so that `check` can run it for ever

    def each_thread(self) -> None:
        while running():
            self.word.fetch_add(1, relaxed)
            if self.think > 0:
                compute(self.think)
