"""What a process has: listeners, outbound HTTP, watchdog, systemd, its end, garbage collection."""
