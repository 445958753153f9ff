"""The descriptor of pairs of sequences."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="pairs",
    accepts="a table with two columns of text, such as spelling and sound: `--task transduce`",
    read="bestiary.kinds.pairs.reader:read_pairs",
    task="transduce",
    examined="pairs",
    spec="bestiary.specs:PairSpec",
    inputs="bestiary.inputs:PairInputs",
    store="bestiary.kinds.pairs.store:PairData",
    encoder="bestiary.kinds.pairs.encoder:PairEncoder",
    facts="bestiary.kinds.pairs.facts:PairFacts",
    keeps="characters and words that occur in training pairs",
    example="bestiary.kinds.pairs.example",
    asked="pairs.csv --text A --target B",
)
