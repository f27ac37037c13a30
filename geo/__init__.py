"""Visit coverage: who has been visited in this round, who has not, and why.

The layers, from the words up to the screens, are in `docs/architecture.md`; an import may only go down.
"""
