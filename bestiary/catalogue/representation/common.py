"""What rows of the family `representation` have in common."""

HERE = "bestiary.architectures.representation"
DENSE, PIXELS = f"{HERE}.autoencoder:Autoencoder", f"{HERE}.autoencoder:PixelAutoencoder"
RECIPES, LATENTS = "bestiary.recipes.representation", "bestiary.sampling.latents"
ENCODE = {"encode": "bestiary.tasks.reconstruct.scoring:encode", "inspect": f"{LATENTS}:inspect"}


def tasks(recipe: str, *more: str) -> dict[str, str]:
    """Reconstruction, anomalies and the tasks of `more`, all by one recipe."""
    return dict.fromkeys(("reconstruct", "anomaly", *more), f"{RECIPES}:{recipe}")


TINY_TABLE, TINY_IMAGE = {"features": 6, "code": 2}, {"channels": 1, "image_size": (9, 8), "code": 3}
SAMPLE = {**ENCODE, "sample": f"{LATENTS}:sample"}
