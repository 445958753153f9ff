"""Graphs, from files to batches: one graph (nodes, links), or a set of small ones."""

from bestiary.data.graph_batches import GraphData, GraphsData
from bestiary.data.graph_encoder import GraphEncoder, GraphsEncoder
from bestiary.data.graph_files import Graph, open_graph
from bestiary.data.graph_sources import LinkSource, NodeSource, SetSource, read_graph, read_graphs

__all__ = [
    "Graph",
    "GraphData",
    "GraphEncoder",
    "GraphsData",
    "GraphsEncoder",
    "LinkSource",
    "NodeSource",
    "SetSource",
    "open_graph",
    "read_graph",
    "read_graphs",
]
