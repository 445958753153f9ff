"""Acting in an environment."""
