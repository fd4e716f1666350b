"""Frozen reports (日报、周报、月报): figures as they stood, who froze them and when. What they count, `reports` says."""
