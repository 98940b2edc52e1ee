"""What `check`, `fix`, `undo` and `explain` do on a terminal: arguments, progress, reports."""
