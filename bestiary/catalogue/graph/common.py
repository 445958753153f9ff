"""What rows of the family `graph` have in common."""

from bestiary.catalogue.row import Contender, Keywords

HERE = "bestiary.architectures.graph"
RECIPES = {task: f"bestiary.recipes.graphs:{task}" for task in ("nodes", "links", "graphs")}
VERBS = {"inspect": "bestiary.sampling.insides.graph_insides:inspect"}
LEARNS = (
    "By gradient descent on the cross-entropy of the nodes, pairs or graphs that are known; an update sees the whole "
    "graph, or some graphs of a set."
)


def races(network: str, small: Keywords, middle: Keywords, large: Keywords) -> dict[str, tuple[Contender, ...]]:
    """A class for nodes, one for links, one for sets of graphs, in two or three sizes each."""
    one = f"{HERE}.{network}"
    links, graphs = f"{one}Links", f"{one}Graphs"
    kept = {word: {**words, "dropout": 0.1} for word, words in (("small", small), ("middle", middle), ("large", large))}
    return {
        "graph": (
            Contender("small", one, small, tasks=("nodes",)),
            Contender("links-small", links, kept["small"], tasks=("links",)),
            Contender("middle", one, middle, rows=100, tasks=("nodes",)),
            Contender("links-middle", links, kept["middle"], rows=100, tasks=("links",)),
            Contender("large", one, large, rows=2000, tasks=("nodes",)),
        ),
        "graphs": (
            Contender("sets-small", graphs, kept["middle"], tasks=("graphs",)),
            Contender("sets-large", graphs, kept["large"], rows=1000, tasks=("graphs",)),
        ),
    }


SETTINGS: tuple[Keywords, ...] = (
    {"rate": 0.01, "decay": 1.0},
    {"rate": 0.01, "decay": 0.05},
    {"rate": 0.003, "decay": 0.01},
)
CORA = {"nodes": 2_708, "edges": 10_556}  # citations of machine-learning papers, each in both directions
