"""What rows of several families have in common."""

SUPERVISED = {
    "classification": "bestiary.recipes.supervised:classifier",
    "regression": "bestiary.recipes.supervised:regressor",
}
GRADIENT = "By gradient descent on cross-entropy (squared error for numbers); gradients come from back-propagation."
