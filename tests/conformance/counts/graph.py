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
}
