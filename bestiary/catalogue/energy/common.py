"""What rows of the family `energy` have in common."""

HERE = "bestiary.architectures.energy"
RECIPES = "bestiary.recipes.energy"
LABELS, CODES, MAKE = ("classification", "regression"), ("reconstruct",), ("generate",)
VERBS = {
    "sample": "bestiary.sampling.machines:sample",
    "encode": "bestiary.sampling.machines:encode",
    "inspect": "bestiary.sampling.machines:inspect",
}
VISIBLE = "Visible biases only speak downwards, from hidden units to data: they learn by contrastive divergence, and "
VISIBLE += "the way upwards, which is what forward computes, does not use them."
UNUSED = f"{VISIBLE} Give DistributedDataParallel find_unused_parameters=True."
