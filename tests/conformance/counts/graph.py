"""Graph networks: one matrix a layer, whatever the graph."""

from tests.conformance.counts.forms import gru, linear

COUNTS = {
    "gnn_message_passing": linear(16, 32),
    # sender and receiver are added before one bias; the update is a GRU cell
    "gnn_gated": linear(16, 32) + 2 * 32 * 32 + 32 + gru(32, 32) + linear(32, 7),
    "gcn_cora": linear(1433, 16) + linear(16, 7),
    # Velickovic et al. 2018, section 3.3: 8 heads of 8, then 1 of 7; each head has a vector for both ends of an edge
    "gat_cora": 1433 * 64 + 8 * 2 * 8 + 64 + 64 * 7 + 2 * 7 + 7,
    "gat_layer": 16 * 32 + 4 * 2 * 8 + 32,
    # Hamilton et al. 2017, algorithm 1: one matrix on a node and its neighbours, no bias; the pool has a layer with one
    "graphsage_reddit": 2 * 602 * 256 + 2 * 256 * 256 + linear(256, 41),
    "graphsage_pool": linear(50, 50) + 2 * 50 * 50 + linear(50, 121),
    # Xu et al. 2019, section 7: four layers of two, a batch norm after each of the two, epsilon; five readouts
    "gin_mutag": linear(7, 64) + 7 * linear(64, 64) + 8 * 2 * 64 + 4 + linear(7, 2) + 4 * linear(64, 2),
    # Brody et al. 2022, equation 7: a matrix with a bias for each end, a vector for each head, a bias behind
    "gatv2_cora": 2 * linear(1433, 64) + 64 + 64 + 2 * linear(64, 7) + 7 + 7,
    "appnp_cora": 1433 * 64 + 64 * 7,
}
