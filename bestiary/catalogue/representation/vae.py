"""Variational autoencoder: its row."""

from bestiary.catalogue.representation.common import HERE, SAMPLE, TINY_TABLE, tasks
from bestiary.catalogue.row import Contender, Reference, Row, Size

_VAE, _GAUSSIAN = f"{HERE}.vae:VAE", f"{HERE}.vae:GaussianVAE"

ROW = Row(
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
    recipes=tasks("variational", "generate"),
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
        "table": (_GAUSSIAN, {**TINY_TABLE, "widths": (5,)}),
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
    verbs=SAMPLE,
)
