"""Commands and queries carried out: the desk takes them in, one module per kind of work does them."""
