"""What rows of the family `generative` have in common."""

HERE = "bestiary.architectures.generative"
GAN, TABLE_GAN, DENSE = (f"{HERE}.gan:{name}" for name in ("GAN", "TableGAN", "DenseGenerator"))
RECIPES = "bestiary.recipes.adversarial"
CODES = "bestiary.layers.adversaries:example"
VERBS = {"sample": "bestiary.sampling.adversarial:sample", "inspect": "bestiary.sampling.adversarial:inspect"}
DIGITS = {"channels": 1, "image_size": (28, 28)}
TINY = {"channels": 1, "image_size": (8, 8), "latent": 6}
STEPS = "The discriminator learns to tell made from real, the generator to deceive it, in turn"
SMALL, WGAN, SNGAN = f"{HERE}.dcgan_small:SmallDCGAN", f"{HERE}.wgan:WGAN", f"{HERE}.sngan:SNGAN"
COLOUR = {"channels": 3, "image_size": (64, 64)}
