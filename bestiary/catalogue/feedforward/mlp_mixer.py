"""MLP-Mixer: its row."""

from bestiary.catalogue.feedforward.common import HERE
from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.words import GRADIENT, SUPERVISED

_MIXER = f"{HERE}.mlp_mixer:MLPMixer"
_WORDS = ("patch", "width", "depth", "token_units", "channel_units")


def _size(name: str, patch: int, width: int, depth: int, parameters: int) -> Size:
    words = dict(zip(_WORDS, (patch, width, depth, width // 2, 4 * width)))
    fixed = {"channels": 3, "image_size": (224, 224), "outputs": 1000}
    return Size(name, _MIXER, {**fixed, **words}, parameters, "timm, 1,000 classes, 224 x 224 pixels", "image")


def _contender(name: str, words: tuple[int, int, int, int, int], rows: int, smallest: int) -> Contender:
    return Contender(name, _MIXER, dict(zip(_WORDS, words)), rows=rows, smallest=smallest)


ROW = Row(
    name="mlp_mixer",
    title="MLP-Mixer",
    family="feedforward",
    paper="Tolstikhin, Houlsby, Kolesnikov, Beyer et al. 2021, MLP-Mixer: an all-MLP architecture for vision, arXiv "
    "2105.01601",
    year=2021,
    summary="An image classifier of dense layers alone. One small network mixes the patches of an image, the same for "
    "every channel; a second one mixes the channels of each patch; and so on in turn. It shows how much of what image "
    "networks do needs neither convolution nor attention.",
    learns=GRADIENT,
    recipes=SUPERVISED,
    sizes=(
        _size("mlp_mixer_b16", 16, 768, 12, 59_880_472),
        _size("mlp_mixer_s32", 32, 512, 8, 19_104_624),
        _size("mlp_mixer_s16", 16, 512, 8, 18_528_264),
        _size("mlp_mixer_b32", 32, 768, 12, 60_293_428),
        _size("mlp_mixer_l32", 32, 1024, 24, 206_939_264),
        _size("mlp_mixer_l16", 16, 1024, 24, 208_196_168),
    ),
    races={
        "image": (
            _contender("32-patch2", (2, 32, 2, 32, 64), 0, 4),
            _contender("32-patch4", (4, 32, 2, 32, 64), 0, 16),
            _contender("64-patch4", (4, 64, 4, 64, 128), 1000, 16),
            _contender("128-patch8", (8, 128, 6, 64, 512), 5000, 48),
        )
    },
    tiny={
        "image": (
            _MIXER,
            {
                "channels": 2,
                "image_size": (6, 5),
                "patch": 2,
                "width": 8,
                "depth": 2,
                "token_units": 5,
                "channel_units": 12,
                "outputs": 3,
            },
        )
    },
    settings=({"rate": 3e-3}, {"rate": 1e-3}, {"rate": 1e-3, "decay": 0.1}),
    reference=(
        Reference(
            "equation 1 of the paper, one channel and one patch at a time",
            "tests/references/test_mlp_mixer.py::test_mixer_is_the_paper",
            "written_out",
        ),
    ),
    departs="Images whose sides are no multiples of the patch are padded with zeros. The head begins at random instead "
    "of zero. Small forms with patches of 2 to 8 pixels race; they learn by AdamW from the data at hand alone, where "
    "the paper pre-trains on 14 to 300 million images.",
)
