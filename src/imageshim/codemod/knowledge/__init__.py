"""What is known about libraries: the fields of a reply, what calls of the standard library give."""
