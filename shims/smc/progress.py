"""A bar for each population in a terminal or a notebook, and nothing in logs."""

from __future__ import annotations

from pm_migrate.shims.inference.progress import Bar


class StageBar(Bar):
    """Shows how far the inverse temperatures are from 1.

    Parameters
    ----------
    chains
        Number of populations.
    """

    def __init__(self, chains: int) -> None:
        super().__init__(True, chains, ("BarColumn", "TimeElapsedColumn"))
        self._chains = chains

    def show(self, chain: int, stage: int, beta: float, rate: float) -> None:
        """Move the bar.

        Parameters
        ----------
        chain, stage
            Number of the chain, from 0, and of its stages so far.
        beta, rate
            Inverse temperature, and how many of the proposals were accepted.
        """
        if self.shown:
            text = f"Chain {chain + 1} of {self._chains}: stage {stage}, beta {beta:.3g}, {rate:.0%} accepted"
            self._move(chain + beta**0.25, text)
