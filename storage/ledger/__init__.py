"""The ledger of deliveries and of mailings: who must get what, what became of it, what waits."""
