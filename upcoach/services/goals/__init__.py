"""Goals, their progress points and their templates."""
