"""The measurements of docs/bench.md, on real parts, each beside its baseline in the same run.

    make bench                    everything
    make bench ARGS="deploy"      one of: deploy, live, memory

A bench says what it measured and whether the budget holds; it never fails a test. The machine is noisy: medians of
many, baseline and measurement taken in turns.
"""
