"""The family `representation`, one row an architecture."""

from bestiary.catalogue.row import Contender, Reference, Row, Size

_HERE = "bestiary.architectures.representation"
_DENSE, _PIXELS = f"{_HERE}.autoencoder:Autoencoder", f"{_HERE}.autoencoder:PixelAutoencoder"
_CONVOLUTIONAL = f"{_HERE}.convolutional_autoencoder:ConvolutionalAutoencoder"
_DENOISING = f"{_HERE}.denoising_autoencoder:DenoisingAutoencoder"
_VAE, _GAUSSIAN = f"{_HERE}.vae:VAE", f"{_HERE}.vae:GaussianVAE"
_DCIGN = f"{_HERE}.dcign:DCIGN"
_RECIPES, _LATENTS = "bestiary.recipes.representation", "bestiary.sampling.latents"
_ENCODE = {"encode": "bestiary.tasks.reconstruct.scoring:encode", "inspect": f"{_LATENTS}:inspect"}
_SAMPLE = {**_ENCODE, "sample": f"{_LATENTS}:sample"}


def _tasks(recipe: str, *more: str) -> dict[str, str]:
    return dict.fromkeys(("reconstruct", "anomaly", *more), f"{_RECIPES}:{recipe}")


_TINY_TABLE, _TINY_IMAGE = {"features": 6, "code": 2}, {"channels": 1, "image_size": (9, 8), "code": 3}

AUTOENCODER = Row(
    name="autoencoder",
    title="Autoencoder",
    family="representation",
    introductions=(0, 1, 3, 4),
    paper="Hinton, Salakhutdinov 2006, Reducing the dimensionality of data with neural networks; Rumelhart, Hinton, "
    "Williams 1986",
    year=2006,
    summary="An encoder squeezes each row into a few numbers, its code, and a decoder makes the row again. What the "
    "code must keep so that this works is what matters about the data: to look at them, to search in them, to notice "
    "what does not belong.",
    learns="By gradient descent on how far what the decoder makes of its code is from a row: the squared difference, "
    "for images the cross-entropy of intensities. No labels are involved.",
    recipes=_tasks("autoencoder"),
    sizes=(
        Size(
            "autoencoder",
            _PIXELS,
            {"features": 784, "code": 32, "widths": (256, 64)},
            439_728,
            "784-256-64-32 and back, logistic outputs",
            "image",
        ),
        Size(
            "autoencoder_deep",
            _PIXELS,
            {"features": 784, "code": 64, "widths": (64,), "back": (64, 64)},
            113_680,
            "784-64-64-64-64-784, Keras; all weights and biases are trainable, so counts agree",
            "image",
            aliases=("autoencoder_guide_deep",),
        ),
        Size(
            "autoencoder_linear",
            _DENSE,
            {"features": 784, "code": 64, "widths": ()},
            101_200,
            "784-64-784 without hidden layers",
            "table",
            aliases=("autoencoder_guide_linear",),
        ),
    ),
    races={
        "table": (
            Contender("small", _DENSE, {"widths": (64,)}),
            Contender("medium", _DENSE, {"widths": (256, 64)}, rows=2000),
        ),
        "image": (
            Contender("small", _PIXELS, {"widths": (256,)}),
            Contender("medium", _PIXELS, {"widths": (512,)}, rows=1000),
        ),
    },
    tiny={
        "table": (_DENSE, {**_TINY_TABLE, "widths": (5,)}),
        "image": (_PIXELS, {"features": 12, "code": 3, "widths": (8,)}),
    },
    settings=({"rate": 2e-3}, {"rate": 1e-3}, {"rate": 5e-3}),
    reference=(
        Reference("torch.nn.Sequential", "tests/references/test_representation.py::test_autoencoder_is_two_sequences"),
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_representation.py::test_pixels_pass_a_logistic_function_in_their_own_range",
        ),
        Reference(
            "sklearn.decomposition.PCA",
            "tests/references/test_representation.py::test_without_hidden_layers_it_holds_principal_components",
        ),
    ),
    departs="Units are rectified and trained by Adam from the start, where the paper has logistic ones pre-trained as "
    "a stack of Boltzmann machines. In a race the code has as many numbers as the task says.",
    verbs=_ENCODE,
)

CONVOLUTIONAL_AUTOENCODER = Row(
    name="convolutional_autoencoder",
    title="Convolutional autoencoder",
    family="representation",
    introductions=(0, 1),
    paper="Masci, Meier, Cireşan, Schmidhuber 2011, Stacked convolutional auto-encoders for hierarchical feature "
    "extraction",
    year=2011,
    summary="An autoencoder whose encoder and decoder look at images through small filters that are the same at every "
    "place. It needs far fewer weights than a dense one and knows from the start what a neighbourhood is.",
    learns="By gradient descent on the cross-entropy of intensities between an image and what the decoder makes of its "
    "code.",
    recipes=_tasks("autoencoder"),
    sizes=(
        Size(
            "convolutional_autoencoder",
            _CONVOLUTIONAL,
            {"channels": 1, "image_size": (28, 28), "code": 32, "widths": (16, 32)},
            111_521,
            "160 + 4,640 + 1,568 x 32 + 32 down; 32 x 1,568 + 1,568 + 4,624 + 145 up",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("small", _CONVOLUTIONAL, {"widths": (8, 16)}, smallest=4),
            Contender("medium", _CONVOLUTIONAL, {"widths": (16, 32)}, rows=2000, smallest=8),
        ),
    },
    tiny={"image": (_CONVOLUTIONAL, {**_TINY_IMAGE, "widths": (3, 4)})},
    settings=({"rate": 3e-3, "warmup": 50}, {"rate": 1e-3, "warmup": 50}),
    reference=(
        Reference(
            "torch.nn.Sequential",
            "tests/references/test_representation.py::test_convolutional_autoencoder_is_a_sequence",
        ),
    ),
    departs="Strides take the place of max pooling, all layers learn together rather than one after the other, and a "
    "dense layer makes the code smaller than the image, which the paper's stacks of maps are not. Cross-entropy of "
    "intensities where the paper has the squared error.",
    verbs=_ENCODE,
)

DENOISING_AUTOENCODER = Row(
    name="denoising_autoencoder",
    title="Denoising autoencoder",
    family="representation",
    introductions=(0, 1),
    paper="Vincent, Larochelle, Bengio, Manzagol 2008, Extracting and composing robust features with denoising "
    "autoencoders",
    year=2008,
    summary="An autoencoder that is shown spoiled inputs and asked for the clean ones. It cannot succeed by copying, "
    "so it has to learn what the data usually look like; afterwards it takes noise off pictures.",
    learns="By gradient descent on how far what is made of a noisy row is from the clean one: the squared difference, "
    "for images the cross-entropy of intensities, as in the paper.",
    recipes=_tasks("denoiser"),
    sizes=(
        Size(
            "denoising_autoencoder",
            _DENOISING,
            {"channels": 1, "image_size": (28, 28), "width": 32},
            28_353,
            "five 3x3 convolutions of 32 filters, two poolings; Keras, all weights are trainable, so counts agree",
            "image",
        ),
    ),
    races={
        "table": (
            Contender("small", _DENSE, {"widths": (64,)}),
            Contender("medium", _DENSE, {"widths": (256, 64)}, rows=2000),
        ),
        "image": (
            Contender("small", _PIXELS, {"widths": (256,)}),
            Contender("medium", _PIXELS, {"widths": (512,)}, rows=1000),
        ),
    },
    tiny={
        "table": (_DENSE, {**_TINY_TABLE, "widths": (5,)}),
        "image": (_DENOISING, {"channels": 1, "image_size": (9, 8), "width": 4}),
    },
    settings=({"rate": 2e-3, "noise": 0.1}, {"rate": 2e-3, "noise": 0.0, "masked": 0.1}, {"rate": 2e-3, "noise": 0.3}),
    reference=(
        Reference(
            "torch.nn.Sequential", "tests/references/test_representation.py::test_denoising_autoencoder_is_a_sequence"
        ),
    ),
    departs="Normal noise where the paper blanks inputs (`masked` does that). The published convolutional layout has a "
    "code that is larger than the image; it does not race: at a given size of code the dense networks learn from "
    "spoiled inputs.",
    verbs=_ENCODE,
)

VAE = Row(
    name="vae",
    title="Variational autoencoder",
    family="representation",
    introductions=(0, 1, 4),
    paper="Kingma, Welling 2014, Auto-encoding variational Bayes, arXiv 1312.6114; Rezende, Mohamed, Wierstra 2014, "
    "arXiv 1401.4082",
    year=2014,
    summary="A model of how data come about from a few hidden causes that are normally distributed, with a network "
    "that infers the causes of each row as a cloud rather than a point. Clouds that overlap leave no holes between "
    "codes, so a code drawn at random makes new data, and a walk between two codes changes one row into another "
    "smoothly.",
    learns="By gradient ascent on the evidence lower bound: how likely a row is given a code drawn from its cloud, "
    "less how far the cloud is from the prior. The draw is written as mean plus noise, so that gradients pass through "
    "it.",
    recipes=_tasks("variational", "generate"),
    sizes=(
        Size(
            "vae",
            _VAE,
            {"features": 784, "code": 20, "widths": (256,)},
            418_104,
            "784-256-20 and back",
            "image",
        ),
    ),
    races={
        "table": (
            Contender("small", _GAUSSIAN, {"widths": (64,)}),
            Contender("medium", _GAUSSIAN, {"widths": (256, 128)}, rows=2000),
        ),
        "image": (
            Contender("small", _VAE, {"widths": (256,)}),
            Contender("medium", _VAE, {"widths": (512,)}, rows=2000),
        ),
    },
    tiny={
        "table": (_GAUSSIAN, {**_TINY_TABLE, "widths": (5,)}),
        "image": (_VAE, {"features": 12, "channels": 1, "image_size": (3, 4), "code": 3, "widths": (8,)}),
    },
    settings=({"rate": 2e-3}, {"rate": 1e-3}, {"rate": 2e-3, "weight": 0.2}),
    reference=(
        Reference(
            "the paper's appendix C, written out",
            "tests/references/test_representation.py::test_vae_is_what_the_paper_says",
            "rewritten_vae",
        ),
        Reference(
            "torch.distributions.kl_divergence",
            "tests/references/test_representation.py::test_divergence_is_that_of_torch_distributions",
        ),
    ),
    departs="Hidden units are rectified where the paper's are hyperbolic tangents, Adam takes the place of Adagrad, "
    "and the weight of the divergence rises over the first tenth of the training. Grey pixels count as chances unless "
    "`binary` draws them.",
    exceptions={
        "gradients": "The spread of a table's features around their means (log_scale) belongs to the likelihood, which "
        "the reconstruction that forward gives does not depend on.",
        "unused": "The spread of a table's features (log_scale) takes no part in forward. Give "
        "DistributedDataParallel find_unused_parameters=True.",
    },
    phases=True,
    verbs=_SAMPLE,
)

DCIGN = Row(
    name="dcign",
    title="Deep convolutional inverse graphics network",
    family="representation",
    introductions=(3,),
    paper="Kulkarni, Whitney, Kohli, Tenenbaum 2015, Deep convolutional inverse graphics network, arXiv 1503.03167",
    year=2015,
    summary="A variational autoencoder of images whose code has names: one number for how far a thing is turned, "
    "others for where it stands, the rest for what it is. Turning one number then turns the picture.",
    learns="By the evidence lower bound on batches in which one factor varies, made by turning and shifting the "
    "images: all other numbers of the code are replaced by their average over the batch, and their gradients by their "
    "difference from it.",
    recipes=_tasks("inverse_graphics", "generate"),
    sizes=(
        Size(
            "dcign",
            _DCIGN,
            {
                "channels": 1,
                "image_size": (150, 150),
                "code": 200,
                "widths": (96, 64, 32),
                "kernel": 5,
                "back_kernel": 7,
            },
            4_941_265,
            "encoder 96-64-32 filters of 5x5, 7,200 to 200 twice, decoder 64-96-1 filters of 7x7",
            "image",
        ),
    ),
    races={
        "image": (
            Contender("small", _DCIGN, {"widths": (16,), "kernel": 3, "back_kernel": 5}, smallest=6),
            Contender("medium", _DCIGN, {"widths": (32, 16), "kernel": 5, "back_kernel": 5}, rows=1000, smallest=16),
        ),
    },
    tiny={
        "image": (
            _DCIGN,
            {"channels": 1, "image_size": (9, 8), "code": 5, "widths": (3,), "kernel": 3, "back_kernel": 3},
        )
    },
    settings=({"rate": 2e-3}, {"rate": 1e-3, "intrinsic": 30.0}),
    reference=(Reference("torch.nn.Sequential", "tests/references/test_representation.py::test_dcign_is_a_sequence"),),
    departs="The factors are those that can be made from any image: rotation and two shifts, where the paper renders "
    "faces and chairs under other poses and lights. Decoder stages enlarge to the sizes that the encoder's saw, "
    "because the drawn ones do not give the size that went in; Adam takes the place of RMSprop.",
    verbs=_SAMPLE,
)

ROWS: tuple[Row, ...] = (AUTOENCODER, CONVOLUTIONAL_AUTOENCODER, DENOISING_AUTOENCODER, VAE, DCIGN)
