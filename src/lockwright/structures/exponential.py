"""Exponentially distributed times in integers: what threads think for between two sections, as in queueing models.

Minus the logarithm of a uniform number: the place of its highest bit is the whole part of the binary logarithm, and a
parabola over the bits below the rest.  The parabola's factor gives it the mean of the logarithm exactly, so that the
mean of the times is right; their variance is 0.2 % too large.

Source: Knuth, "The Art of Computer Programming", volume 2, section 3.4.1 D (the logarithm method).
"""

from lockwright.language import random, u32, u64

HIGHEST = 1 << 31  # what is drawn has 31 bits
ONE = 1 << 16  # fractions have 16 bits
BEND = 22533  # 6 * (2 - 1 / ln 2 - 1 / 2) in 16 bits: the mean of log2(1 + f) - f is a sixth of it
LN2 = 45426  # in 16 bits


def exponential(mean: u32) -> u64:
    """Return a random time with this mean, at least 0 and at most 21.5 times the mean."""
    return minus_logarithm(u64(random(HIGHEST)) + 1) * mean >> 16


def minus_logarithm(uniform: u64) -> u64:
    """Return minus the natural logarithm of `uniform / HIGHEST` (`uniform` is 1 at least), 16 bits behind the point."""
    below = u64(0)  # how many places the highest bit is below the 32nd; found without branches, for they are not cheap
    is_small = u64(uniform < 1 << 16)
    uniform *= 1 + is_small * ((1 << 16) - 1)
    below += 16 * is_small
    is_small = u64(uniform < 1 << 24)
    uniform *= 1 + is_small * ((1 << 8) - 1)
    below += 8 * is_small
    is_small = u64(uniform < 1 << 28)
    uniform *= 1 + is_small * ((1 << 4) - 1)
    below += 4 * is_small
    is_small = u64(uniform < 1 << 30)
    uniform *= 1 + is_small * ((1 << 2) - 1)
    below += 2 * is_small
    is_small = u64(uniform < 1 << 31)
    uniform *= 1 + is_small
    below += is_small
    fraction = (uniform >> 15) - ONE
    logarithm = below * ONE - fraction - (BEND * fraction * (ONE - fraction) >> 32)
    return logarithm * LN2 >> 16
