"""What holds for everything that is written, and the tables by which it is tried."""
