"""Files, checked and changed: one, or a whole project in several processes, with a cache."""
