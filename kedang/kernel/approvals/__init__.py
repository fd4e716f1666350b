"""Approvals: a pure machine of moves, four tables, and the service that joins them under one row lock."""
