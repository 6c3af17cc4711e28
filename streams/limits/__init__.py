"""Rate limits: counters in Redis for all nodes, and credit that is paid ahead on one.

Both are a `RateLimiter` (`models.access.rate_limiter`), and how much is allowed stands in
`models.access.limits`.
"""
