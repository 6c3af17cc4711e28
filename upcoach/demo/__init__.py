"""The main job, played with some months of somebody's habits: `make demo`."""

from upcoach.demo.play import play

__all__ = ["play"]
