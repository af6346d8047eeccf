"""What is read from the people room, as far as the actor may see it."""
