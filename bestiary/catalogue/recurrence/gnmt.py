"""GNMT: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.translation import FORCED, INSPECT, RECURRENCE, SETTINGS, TINY, TRANSLATOR, WRITTEN

_GNMT = f"{RECURRENCE}.gnmt:GNMT"

ROW = Row(
    name="gnmt",
    title="GNMT",
    family="recurrence",
    introductions=(1, 4),
    paper="Wu et al. 2016, Google's neural machine translation system: bridging the gap between human and machine "
    "translation, arXiv 1609.08144",
    year=2016,
    summary="Deep stacks of LSTMs that read and write. From the third layer on what enters a layer is added to what "
    "comes out, so that eight layers can be trained; attention from the lowest layer of the decoder binds both stacks.",
    learns=FORCED,
    recipes=TRANSLATOR,
    sizes=(
        Size(
            "gnmt",
            _GNMT,
            {"vocabulary": 32_000, "answers": 32_000, "width": 1024, "depth": 8},
            280_928_512,
            "by hand; the paper gives no count",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _GNMT, {"width": 64, "depth": 3, "dropout": 0.1}),
            Contender("128", _GNMT, {"width": 128, "depth": 3, "dropout": 0.2}, rows=2000),
            Contender("256", _GNMT, {"width": 256, "depth": 4, "dropout": 0.2}, rows=50_000),
        )
    },
    tiny={"pairs": (_GNMT, {**TINY, "width": 6, "depth": 3, "dropout": 0.1})},
    settings=SETTINGS,
    verbs=INSPECT,
    reference=(
        Reference(
            "the paper's formulas, one row and one token at a time, with torch.nn.LSTM layers",
            "tests/references/test_sequences.py::test_gnmt_is_the_papers_loop",
            "torch.nn.LSTM",
        ),
    ),
    departs="Attention compares by one hidden layer without biases; states of the decoder start at zero. Its "
    "fine-tuning by rewards, its word pieces and its quantisation are no part of the network; its penalty for what is "
    "not covered is not built. " + WRITTEN,
)
