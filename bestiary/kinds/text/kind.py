"""The descriptor of texts."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="text",
    accepts="a table with a text column and a target",
    guess="bestiary.kinds.text.guess:guess",
    precedence=70,
    read="bestiary.kinds.text.reader:read_text",
    opens="frame",
    spec="bestiary.specs:TokenSpec",
    inputs="bestiary.inputs:TokenInputs",
    encoder="bestiary.kinds.text.reader:TextEncoder",
    facts="bestiary.kinds.text.facts:TextFacts",
    keeps="words and pieces of words that occur in training texts",
    example="bestiary.kinds.text.example",
    baselines="bestiary.baselines.text",
    show="bestiary.kinds.text.show:show",
    carry="bestiary.kinds.text.carry:carry",
    views="bestiary.runs.sentences",
    asked="texts.csv --target y --text text",
)
