"""Additions to accounts (ways in and shares): announced, confirmed, removed."""
