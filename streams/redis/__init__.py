"""Redis: connections, stream reads, leases, tickets, trimming of streams."""
