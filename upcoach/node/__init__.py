"""The composition root: a node, its services, and the processes that serve."""
