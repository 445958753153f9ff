"""LSTM with Luong's attention: its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.translation import FORCED, INSPECT, RECURRENCE, SETTINGS, TINY, TRANSLATOR, WRITTEN

_LUONG = f"{RECURRENCE}.luong:Luong"

ROW = Row(
    name="luong",
    title="LSTM with Luong's attention",
    family="recurrence",
    introductions=(1, 4),
    paper="Luong, Pham, Manning 2015, Effective approaches to attention-based neural machine translation, arXiv "
    "1508.04025",
    year=2015,
    summary="An encoder and a decoder of stacked LSTMs. The decoder moves first, then looks at the source, and carries "
    "what it saw into its next step, so that it knows what has been said already.",
    learns=FORCED,
    recipes=TRANSLATOR,
    sizes=(
        Size(
            "luong",
            f"{_LUONG}General",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            221_064_000,
            "by hand: 3 tables of 50,000,000; 8 LSTM layers of 8,008,000 and input feeding of 4,000,000; "
            "1,000 x 1,000; 2,000 x 1,000",
            "pairs",
        ),
        Size(
            "luong_dot",
            f"{_LUONG}Dot",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            220_064_000,
            "the same without the matrix of the score",
            "pairs",
        ),
        Size(
            "luong_concat",
            f"{_LUONG}Concat",
            {"vocabulary": 50_000, "answers": 50_000, "embedding": 1000, "width": 1000, "depth": 4},
            222_065_000,
            "the same with 2,000 x 1,000 + 1,000 for the score",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", f"{_LUONG}General", {"embedding": 32, "width": 64, "dropout": 0.1}),
            Contender("128", f"{_LUONG}General", {"embedding": 64, "width": 128, "dropout": 0.2}, rows=2000),
            Contender(
                "256", f"{_LUONG}General", {"embedding": 128, "width": 256, "depth": 2, "dropout": 0.2}, rows=50_000
            ),
        )
    },
    tiny={"pairs": (f"{_LUONG}Concat", {**TINY, "embedding": 4, "width": 6, "depth": 2, "dropout": 0.1})},
    settings=SETTINGS,
    verbs=INSPECT,
    reference=(
        Reference(
            "the paper's formulas, one row and one token at a time, with torch.nn.LSTM as encoder",
            "tests/references/test_sequences.py::test_luong_is_the_papers_loop",
            "torch.nn.LSTM",
        ),
    ),
    departs="The source is not reversed. Global attention with input feeding; local attention is left out. Those that "
    "race score by a matrix, where the paper's plain dot product does better for global attention (`luong_dot`). Adam "
    "where the paper has plain gradient descent. " + WRITTEN,
)
