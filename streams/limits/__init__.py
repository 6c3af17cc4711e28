"""Rate limiters: shared counters in Redis, and what each node has prepaid.

Both are a `RateLimiter` (`models.access.rate_limiter`), and how much is allowed stands in
`models.access.rate_limits`.
"""
