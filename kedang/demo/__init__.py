"""The demo company: made through the real actions under a held clock, so its ledger, duties and refusals are real."""
