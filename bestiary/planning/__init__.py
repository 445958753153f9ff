"""What a race will do, on paper: who takes part, how a budget becomes steps, and the checks of a plan that is read."""
