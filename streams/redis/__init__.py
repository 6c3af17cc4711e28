"""Redis: connections, stream reads, leases, connection tickets, trimming of streams."""
