"""The headers of limits: `Retry-After`, `RateLimit` and `RateLimit-Policy`.

The names and forms are those of draft-ietf-httpapi-ratelimit-headers.
"""

import base64
import math

from models.access.rate_limiter import RateCount, RateVerdict
from models.access.rate_limits import Bound


def retry_after(wait_s: float) -> dict[str, str]:
    """The header that says when to come again (RFC 9110, 10.2.3).

    Examples
    --------
    >>> retry_after(0.2)
    {'Retry-After': '1'}

    """
    return {"Retry-After": str(math.ceil(wait_s))}


def rate_limit(verdict: RateVerdict) -> dict[str, str]:
    """The headers that say what is left of each rule of *verdict* that clients count by."""
    rates = [count for count in verdict.counts if _is_public(count)]
    if not rates:
        return {}
    return {
        "RateLimit-Policy": ", ".join(map(_policy, rates)),
        "RateLimit": ", ".join(
            f'"{_name(count)}";r={count.left};t={math.ceil(count.whole_s)}' for count in rates
        ),
    }


def concurrency_limit(name: str, most: int, left: int | None = None) -> dict[str, str]:
    """The headers that say how many requests may be open at once, and how many more.

    Examples
    --------
    >>> concurrency_limit("open", 16, 15)
    {'RateLimit-Policy': '"open";q=16;qu="concurrent-requests"', 'RateLimit': '"open";r=15'}

    """
    policy = {"RateLimit-Policy": f'"{name}";q={most};qu="concurrent-requests"'}
    return policy if left is None else policy | {"RateLimit": f'"{name}";r={left}'}


def _is_public(count: RateCount) -> bool:
    """Whether a rule is one that clients count by: the draft knows of no kibibytes.

    Of an address nothing is told: whoever names it would learn what others have asked of it.
    """
    rule = count.rule
    return isinstance(rule, Bound) and rule.unit == "request" and "address" not in rule.by


def _policy(count: RateCount) -> str:
    assert isinstance(count.rule, Bound)
    partition = base64.b64encode(count.key.encode()[-8:]).decode()
    return f'"{_name(count)}";q={count.rule.count};w={count.rule.seconds};pk=:{partition}:'


def _name(count: RateCount) -> str:
    return f"{count.surface}-{count.rule.name}"
