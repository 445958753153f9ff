"""What rows of the family `feedforward` have in common."""

HERE = "bestiary.architectures.feedforward"
SMOOTH = ({"rate": 1e-3}, {"rate": 3e-3}, {"rate": 1e-3, "decay": 0.1})
