"""What the app itself costs, in a pseudo-terminal: first paint, drawing while an answer comes, keys, pastes.

May import the app and `evals.speed`'s description of the machine; models only where one has to compute beside it.
"""
