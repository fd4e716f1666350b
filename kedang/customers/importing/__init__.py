"""Importing customer lists: columns guessed, rows read as people meant them, the same deeds as the form, in the background."""
