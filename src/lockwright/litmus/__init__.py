"""Litmus tests of x86 in the format of herd and litmus7: read them, lower them to the IR, judge their outcomes.

    test = read(text, "SB.litmus")          a LitmusTest, or a LitmusError with line and caret
    program = lower(test)                   one worker per thread; every observed value ends in a plain global
    judgement = judge(test, outcomes)       what may happen, and whether the condition says so

What is read: `MOV`, `XCHG`, `MFENCE`, `CMP`, `TEST`, `INC`, `DEC`, `ADD`, `SUB`, `AND`, `OR`, `XOR`, `XADD`, `CMPXCHG`,
`LOCK` before those that may have it, jumps on the zero flag; 32-bit registers and locations.
What is not: addresses in registers, other sizes, other architectures, `filter`.

Source: Alglave, Maranget and Tautschnig, "Herding cats", ACM TOPLAS 36(2), 2014, for the format.
"""

from lockwright.litmus.errors import LitmusError
from lockwright.litmus.lowering import lower
from lockwright.litmus.reader import read
from lockwright.litmus.syntax import LitmusTest
from lockwright.litmus.verdict import Judgement, judge

__all__ = ["Judgement", "LitmusError", "LitmusTest", "judge", "lower", "read"]
