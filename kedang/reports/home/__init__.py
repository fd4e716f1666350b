"""首页: what the cards show. Reads only; every figure and the rows behind it come from one query, so they cannot differ."""
