"""One service a group of tasks, and the executor, the only door to them."""
