"""Azure: the client against the stand-in, the templates as data, batches from form to ready host."""
