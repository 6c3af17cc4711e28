"""What is kept: its versions, its bounds, and what of it cannot be read."""
