"""What rows of the family `table` have in common."""

HERE = "bestiary.architectures.table"
SUPERVISED = {
    "classification": "bestiary.recipes.tables:classifier",
    "regression": "bestiary.recipes.tables:regressor",
}
INPUTS = {"table": "bestiary.kinds.table.example:columns"}
TINY = {"numbers": 4, "categories": (3, 5), "texts": 2, "vocabulary": 20, "outputs": 3}
HOUSES = {"numbers": 8, "outputs": 1}  # California housing: eight numbers
UNSEEN = (
    "A word that training rows did not have has a code of its own. Columns of text join as the mean of the vectors "
    "of their hashed n-grams. "
)
ADULT = {"numbers": 6, "categories": (10, 17, 8, 16, 7, 6, 3, 43), "outputs": 2}
