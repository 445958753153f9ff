"""The descriptor of one graph."""

from bestiary.kinds.kind import Kind

KIND = Kind(
    name="graph",
    accepts="`nodes.csv` and `edges.csv`, GraphML, a networkx graph: `--task nodes`, `links`",
    guess="bestiary.kinds.graph.guess:guess",
    precedence=40,
    read="bestiary.kinds.graph.sources:read_graph",
    task="nodes",
    spec="bestiary.specs:GraphSpec",
    inputs="bestiary.inputs:GraphInputs",
    store="bestiary.kinds.graph.store:GraphData",
    encoder="bestiary.kinds.graph.encoder:GraphEncoder",
    facts="bestiary.kinds.graph.facts:GraphFacts",
    saved="bestiary.kinds.graph.facts:GraphWords",
    keeps="names of the nodes of the training graph",
    example="bestiary.kinds.graph.example",
    updates=1,
    rowwise=False,
    file="new_graph/",
    seen="on all {count} nodes of the graph",
    asked="graph/ --target y",
    counted=False,
)
