"""Series of equal or unequal length, with one or several channels."""
