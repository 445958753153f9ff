"""What rows of the family `recurrence` have in common."""

from bestiary.catalogue.row import Contender

HERE = "bestiary.architectures.recurrence"
THROUGH_TIME = (
    "By gradient descent; gradients go back through all steps (back-propagation through time) and are clipped."
)
LAST = "The state after the last real step answers; padding never enters, and the backward direction starts at the end."


def races(architecture: str) -> dict[str, tuple[Contender, ...]]:
    """Three sizes a kind of data, from small to large."""
    text, series, image = (f"{HERE}.{architecture}{kind}" for kind in ("Text", "Series", "Image"))
    both, tasks = {"bidirectional": True}, ("classification", "regression")
    return {
        "text": (
            Contender("32", text, {"embedding": 32, "width": 32, "dropout": 0.2}, tasks=tasks),
            Contender("64-both", text, {"embedding": 64, "width": 64, "dropout": 0.3, **both}, rows=1000, tasks=tasks),
            Contender(
                "128-both",
                text,
                {"embedding": 128, "width": 128, "depth": 2, "dropout": 0.3, **both},
                rows=10_000,
                tasks=tasks,
            ),
        ),
        "series": (
            Contender("64", series, {"width": 64}, tasks=tasks),
            Contender("64-both", series, {"width": 64, "depth": 2, "dropout": 0.2, **both}, rows=500, tasks=tasks),
            Contender("128-both", series, {"width": 128, "depth": 2, "dropout": 0.2, **both}, rows=5000, tasks=tasks),
        ),
        "image": (
            Contender("64", image, {"width": 64}, smallest=2, tasks=tasks),
            Contender(
                "128-both",
                image,
                {"width": 128, "depth": 2, "dropout": 0.2, **both},
                rows=1000,
                smallest=2,
                tasks=tasks,
            ),
        ),
    }


def tiny(architecture: str) -> dict[str, tuple[str, dict[str, object]]]:
    """A network a kind, small enough for the tests."""
    text, series, image = (f"{HERE}.{architecture}{kind}" for kind in ("Text", "Series", "Image"))
    words = {"width": 5, "depth": 2, "outputs": 3, "bidirectional": True, "dropout": 0.1}
    return {
        "text": (text, {**words, "vocabulary": 12, "embedding": 4}),
        "series": (series, {**words, "channels": 2}),
        "image": (image, {**words, "channels": 2, "image_size": (4, 3)}),
    }


LANGUAGE = {"continue": "bestiary.recipes.language:language_model"}
VERBS = {"sample": "bestiary.sampling.texts:sample", "inspect": "bestiary.sampling.insides.gates:inspect"}
SETTINGS = ({"rate": 3e-3, "clip": 1.0}, {"rate": 1e-3, "clip": 1.0}, {"rate": 1e-2, "clip": 1.0})
SERIES_10 = {"channels": 10, "width": 128, "depth": 2, "outputs": 5}
TEXT_10000 = {"vocabulary": 10_000, "embedding": 128}
KERAS_TEXT = {**TEXT_10000, "width": 64, "outputs": 1}


def language(cell: str) -> dict[str, tuple[Contender, ...]]:
    """Language models of running text, from small to large."""
    network = f"{HERE}.language_model:{cell}LanguageModel"
    return {
        "corpus": tuple(
            Contender(
                str(width), network, {"embedding": width // 2, "width": width, "dropout": dropout}, tasks=("continue",)
            )
            for width, dropout in ((128, 0.0), (256, 0.0), (512, 0.1))
        )
    }


def tiny_language(cell: str) -> dict[str, tuple[str, dict[str, object]]]:
    """A language model small enough for the tests."""
    words = {"vocabulary": 11, "embedding": 4, "width": 5, "depth": 2, "dropout": 0.1}
    return {"corpus": (f"{HERE}.language_model:{cell}LanguageModel", words)}
