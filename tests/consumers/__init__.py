"""Whatever follows the log."""
