"""Student's t: how far a mean of few runs may lie from the truth."""

from __future__ import annotations

import math

NORMAL_95 = 1.959963984540054
"""Standard errors to either side that hold 95 % where the error is known well."""
_TINY = 1e-300
_STEPS = 300
_WIDEST = 1e4  # standard errors: beyond what one degree of freedom asks for


def two_sided_p(t: float, freedom: float) -> float:
    """Return how probable a value at least so far from zero is, in either direction.

    Args:
        t: The difference in standard errors.
        freedom: Degrees of freedom; infinity is the normal distribution.
    """
    if math.isinf(freedom):
        return math.erfc(abs(t) / math.sqrt(2))
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def quantile_95(freedom: float) -> float:
    """Return how many standard errors to either side hold 95 %."""
    if math.isinf(freedom):
        return NORMAL_95
    low, high = 0.0, _WIDEST
    for _ in range(60):  # bisection: each step halves what is open
        middle = (low + high) / 2
        low, high = (middle, high) if two_sided_p(middle, freedom) > 0.05 else (low, middle)
    return (low + high) / 2


def joint_freedom(parts: list[tuple[float, float]]) -> float:
    """Return the degrees of freedom of a difference of means (Welch 1947, Satterthwaite 1946).

    Args:
        parts: Of each mean its variance and its degrees of freedom.
    """
    whole = sum(variance for variance, _ in parts)
    if whole <= 0:
        return min((freedom for _, freedom in parts), default=math.inf)
    bottom = sum(variance**2 / freedom for variance, freedom in parts if not math.isinf(freedom))
    return whole**2 / bottom if bottom > 0 else math.inf


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularised incomplete beta function, by its continued fraction (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d, fraction = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1)), 0.0
    fraction = d
    for m in range(1, _STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for term in (even, odd):
            d = 1 / _not_zero(1 + term * d)
            c = _not_zero(1 + term / c)
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return front * fraction / a


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
