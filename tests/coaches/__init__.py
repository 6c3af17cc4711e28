"""Coaches."""
