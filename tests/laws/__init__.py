"""Laws that hold for the whole surface, whatever is killed in between."""
