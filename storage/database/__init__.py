"""The database itself: engine, transactions, locks, tables and the steps that make them."""
