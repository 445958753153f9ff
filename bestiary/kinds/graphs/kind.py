"""The descriptor of sets of small graphs."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="graphs",
    accepts="`graphs.csv`, `nodes.csv` and `edges.csv`, a list of networkx graphs, SDF: `--task graphs`",
    guess="bestiary.kinds.graphs.guess:guess",
    precedence=30,
    read="bestiary.kinds.graphs.reader:read_graphs",
    task="graphs",
    examined="graphs",
    spec="bestiary.specs:GraphsSpec",
    inputs="bestiary.inputs:GraphsInputs",
    store="bestiary.kinds.graph.store:GraphsData",
    encoder="bestiary.kinds.graph.encoder:GraphsEncoder",
    facts="bestiary.kinds.graph.facts:GraphFacts",
    saved="bestiary.kinds.graph.facts:GraphWords",
    keeps="names of columns, and words that occur in columns of categories",
    example="bestiary.kinds.graphs.example",
    rowwise=False,
    file="new_graphs/",
    seen="on the {count} nodes of some training graphs",
    asked="graphs/ --target y",
    counted=False,
)
