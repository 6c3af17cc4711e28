"""HTTP: operations over REST, and what every request passes through."""
