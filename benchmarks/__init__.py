"""Speed, as ratios in one run: what a thing costs in units of something everybody knows.

A ratio says more than milliseconds do: it holds on a slow machine and on a busy one. Every
``bench_*.py`` here has a function ``run`` that returns rows; ``python -m benchmarks`` runs them
all and fails when a limit is missed.
"""
