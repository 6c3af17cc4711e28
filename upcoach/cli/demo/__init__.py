"""The main job, played with some months of somebody's habits: `make demo`."""

from upcoach.cli.demo.play import play, play_at

__all__ = ["play", "play_at"]
