"""Kedang 客档: customer files that follow the company's own regulation."""

__version__ = "0.1.0"
