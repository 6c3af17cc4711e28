"""Rate limits: counters in Redis, and credit on each node."""
