"""What people bring from elsewhere: `loop` reads a foreign file, `service` keeps what it holds."""
