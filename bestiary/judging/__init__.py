"""What may be concluded from answers to test rows, and the sentences that say it."""
