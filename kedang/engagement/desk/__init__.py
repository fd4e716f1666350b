"""The reception desk (接待): who is on duty, who came, whose visitor it is, and which calls came in."""
