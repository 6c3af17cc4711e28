"""The edge's own parts: how a path and a body are read."""
