"""What a process has: listeners, outbound HTTP, watchdog, systemd, garbage collection."""
