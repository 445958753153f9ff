"""Attention network (RNNsearch): its row."""

from bestiary.catalogue.row import Contender, Reference, Row, Size
from bestiary.catalogue.translation import FORCED, INSPECT, RECURRENCE, SETTINGS, TINY, TRANSLATOR, WRITTEN

_SEARCH = f"{RECURRENCE}.attention_network:AttentionNetwork"

ROW = Row(
    name="attention_network",
    title="Attention network (RNNsearch)",
    family="recurrence",
    introductions=(3,),
    paper="Bahdanau, Cho, Bengio 2015, Neural machine translation by jointly learning to align and translate, arXiv "
    "1409.0473",
    year=2015,
    summary="Reads a sequence both ways with gated units and writes another one; before each token that it writes it "
    "looks back at the whole source and weighs what matters now. Where it looks can be drawn, and shows which parts "
    "belong to each other.",
    learns=FORCED,
    recipes=TRANSLATOR,
    sizes=(
        Size(
            "rnnsearch",
            _SEARCH,
            {"vocabulary": 30_000, "answers": 30_000, "embedding": 620, "width": 1000},
            91_830_000,
            "by hand, without the maxout layer, which the paper's count is not published with",
            "pairs",
        ),
        Size(
            "rnnsearch_maxout",
            _SEARCH,
            {"vocabulary": 30_000, "answers": 30_000, "embedding": 620, "width": 1000, "maxout": 500},
            80_451_000,
            "with the paper's output: 91,830,000 - 30,030,000 + 3,620 x 1,000 + 1,000 + 500 x 30,000 + 30,000",
            "pairs",
        ),
    ),
    races={
        "pairs": (
            Contender("64", _SEARCH, {"embedding": 32, "width": 64, "maxout": 32, "dropout": 0.1}),
            Contender("128", _SEARCH, {"embedding": 64, "width": 128, "maxout": 64, "dropout": 0.2}, rows=2000),
            Contender("256", _SEARCH, {"embedding": 128, "width": 256, "maxout": 128, "dropout": 0.2}, rows=50_000),
        )
    },
    tiny={"pairs": (_SEARCH, {**TINY, "embedding": 4, "width": 6, "alignment": 5, "maxout": 4, "dropout": 0.1})},
    settings=SETTINGS,
    verbs=INSPECT,
    reference=(
        Reference(
            "the paper's appendix A, one row and one token at a time, with torch.nn.GRU as encoder",
            "tests/references/test_sequences.py::test_attention_network_is_the_papers_loop",
            "torch.nn.GRU",
        ),
    ),
    departs="The GRU resets after its product and has biases; the output reads the new state, as equation 4 says, "
    "where the appendix prints the old one; what begins the decoder's state (W_s) has a bias. Adam where the paper has "
    "Adadelta. Dropout is ours. " + WRITTEN,
)
