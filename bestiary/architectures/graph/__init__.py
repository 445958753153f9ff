"""Networks on graphs: what a node knows is made from what its neighbours know."""
