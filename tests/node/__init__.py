"""Processes, engines, balancers and the watchdog."""
