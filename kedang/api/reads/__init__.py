"""What is read: the selectors of the pages, as JSON."""
