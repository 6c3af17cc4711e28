"""Laws that hold for the whole surface, whatever is killed in between.

`contexts` folds the rows of all contexts; a law goes through them, and names none.
"""
