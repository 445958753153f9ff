"""How text goes on."""
