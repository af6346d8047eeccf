"""Pages of the gallery: parse the address, ask, render."""
