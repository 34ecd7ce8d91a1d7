"""The routes, by who comes: readers, those who join or leave, services, the operator."""
