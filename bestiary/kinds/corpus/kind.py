"""The descriptor of running text."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="corpus",
    accepts="a text file, or a folder of them: `--task continue`",
    guess="bestiary.kinds.corpus.guess:guess",
    precedence=20,
    read="bestiary.kinds.corpus.reader:read_corpus",
    task="continue",
    examined="windows of text",
    spec="bestiary.specs:CorpusSpec",
    inputs="bestiary.inputs:CorpusInputs",
    store="bestiary.kinds.corpus.store:CorpusData",
    encoder="bestiary.kinds.corpus.reader:CorpusEncoder",
    facts="bestiary.kinds.corpus.facts:CorpusFacts",
    keeps="pieces of the training text, where its units are no bytes",
    example="bestiary.kinds.corpus.example",
    rows=16,
    wanted=1_000,
    samples=".txt",
    seen="on {count} windows of the training text",
    asked="text.txt",
)
