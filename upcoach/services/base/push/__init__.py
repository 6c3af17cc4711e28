"""Pushes: what carries them to the devices of people, and what a carrier is told.

In development they are files that a page shows, where no service is configured to carry them.
"""
