"""What the product promises to survive, tried on a really started server; the counts go to docs/trust-report.json."""
