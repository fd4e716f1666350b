"""The floor: Django with nothing of ours. One table, one indexed query, fifty rows through the template engine."""
