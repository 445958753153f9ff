"""What the program writes down and reads back: typed, bounded, and checked at one door before anything is done with it.

A file that comes back may have been written by anyone. `door` reads it or refuses it in one line; `names` decides which
code a name in it may stand for; `shapes` and `training` say what may be in which file.
"""
