"""What containers and hosts use: figures.py computes (pure), sampler.py asks the engine while somebody looks."""
