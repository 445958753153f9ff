"""Which labels a row has: any number of them."""
