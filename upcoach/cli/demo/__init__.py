"""The main job, played with some months of somebody's habits: `make demo`."""

from upcoach.cli.demo.play import play

__all__ = ["play"]
