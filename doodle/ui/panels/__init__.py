"""One panel a tool: its controls, its handlers, and how its errors become sentences."""
