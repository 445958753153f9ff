"""Networks that act in an environment."""
