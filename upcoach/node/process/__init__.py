"""Parts of a process: listeners, outbound HTTP, watchdog, systemd, shutdown, GC tuning."""
