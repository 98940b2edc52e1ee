"""What is printed and logged."""
