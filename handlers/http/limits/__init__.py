"""What bounds requests at the edge: refusals of a network, what is open at once, what is told."""
