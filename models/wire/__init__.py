"""The wire: events, frames and cursors."""
