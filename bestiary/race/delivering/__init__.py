"""From what raced to what ships: ensembles, further settings, training on all rows, the folder of the winner."""
