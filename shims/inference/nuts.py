"""Multinomial NUTS, its warm-up and the discrete sweep as ONE loop with ONE evaluation of the density.

Each chain is a finite-state machine. One turn of the loop evaluates the density and its gradient once, for all chains
together, each wherever its machine stands: at its starting point, in the search for a step size, at a leaf of its
trajectory, or at a proposal for a discrete variable. So no chain waits for another one's tree, and the density is
compiled once.

References
----------
Hoffman, M. D. & Gelman, A. (2014). The No-U-Turn Sampler. JMLR 15, 1593-1623.
Dance, H. et al. (2025). Efficiently vectorized MCMC on modern accelerators (chains as state machines).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from pm_migrate.shims.density import LogDensity
from pm_migrate.shims.inference import adaptation as adapt
from pm_migrate.shims.inference import metropolis, noise
from pm_migrate.shims.inference.batching import value_and_gradient
from pm_migrate.shims.inference.chains import STEP_STATS
from pm_migrate.shims.inference.hamiltonian import kinetic_energy, velocity
from pm_migrate.shims.inference.trajectory import (
    Draw,
    End,
    Tree,
    choose,
    empty_tree,
    grow,
    log_weight,
    mean_acceptance,
    plant,
)

Tensor = Any

START, SEARCH, TREE, SWEEP, DONE, FAILED, WAITING = range(7)
DECISION, MOMENTUM, PROPOSAL, JUMP = range(noise.PURPOSES)
FIRST_STEP = 0.1  # where the search for a step size begins
TRAJECTORY_STATS = (
    "energy",
    "energy_error",
    "max_energy_error",
    "mean_tree_accept",
    "step_size",
    "step_size_bar",
    "tree_size",
    "depth",
    "diverging",
    "reached_max_treedepth",
)


class Settings(NamedTuple):
    """What may change between runs of one compiled program: scalars."""

    tune: Any
    total: Any
    target: Any
    plan: adapt.Schedule
    key: Any
    searches: Any  # whether a first step size is searched for


class Chains(NamedTuple):
    """State of all chains; the leading axis of everything is the chain."""

    phase: Tensor
    number: Tensor
    draw: Draw
    counts: Tensor
    inverse_mass: Tensor
    mass_root: Tensor
    step: adapt.StepSize
    search: adapt.Search
    moments: adapt.Moments
    window: adapt.Window
    tree: Tree
    sweep: metropolis.Sweep


class Site(NamedTuple):
    """What the last evaluation gave."""

    made: Tensor
    position: Tensor
    gradient: Tensor
    logp: Tensor
    energy: Tensor
    sound: Tensor
    ended: Tensor
    uniform: Tensor


class Machine:
    """The state machine for one density and a fixed number of chains.

    Parameters
    ----------
    density
        The target.
    chains
        Number of chains.
    max_treedepth
        Doublings after which a trajectory ends.
    block
        Draws per chain that one call can return.
    dense
        Whether the metric is a full matrix. It is learnt by the caller: at the end of a window a chain waits for it.
    """

    def __init__(self, density: LogDensity, chains: int, max_treedepth: int, block: int, dense: bool = False) -> None:
        self.density, self.chains, self.max_treedepth, self.block = density, chains, max_treedepth, block
        self.dense = dense
        self.dim = sum(v.size for v in density.continuous)
        self.plan = metropolis.Plan(density.discrete)
        self.stat_names: tuple[str, ...] = ("model_logp",)
        if self.dim:
            self.stat_names += TRAJECTORY_STATS
        if self.plan.steps:
            count = len(self.plan.integers)
            self.stat_names += tuple(name for name in STEP_STATS for _ in range(count)) or ("accepted",)
        self.width = self.dim + self.plan.size + len(self.stat_names)

    @property
    def description(self) -> str:
        """What tells one program for the density from another."""
        metric = "dense" if self.dense else "diagonal"
        return f"nuts {self.chains} chains, {metric}, depth {self.max_treedepth}, blocks of {self.block}"

    def initial(
        self,
        flat: np.ndarray,
        counts: np.ndarray,
        windows: adapt.Schedule,
        metric: np.ndarray | None = None,
        first_step: float = FIRST_STEP,
    ) -> Chains:
        """State before the first turn.

        Parameters
        ----------
        flat, counts
            Start points ``(n, dim)`` and ``(n, number)``; chains beyond the ``n`` are idle from the beginning.
        windows
            When the metric is learnt.
        metric
            Inverse mass, ``(dim,)``, or ``(dim, dim)`` if it is dense; the identity by default.
        first_step
            First step size, or where the search for one begins.
        """
        idle = self.chains - len(flat)
        flat, counts = (np.concatenate([x, np.repeat(x[-1:], idle, axis=0)]) for x in (flat, counts))
        scalar, vector = np.zeros(self.chains), np.zeros((self.chains, self.dim))
        integer = np.zeros(self.chains, np.int32)
        if metric is None:
            metric = np.eye(self.dim) if self.dense else np.ones(self.dim)
        root = adapt.mass_root(metric) if self.dense else np.zeros(0)
        tree = empty_tree(self.chains, self.dim, self.max_treedepth)
        log_step = scalar + np.log(first_step)
        state = Chains(
            phase=np.where(np.arange(self.chains) < self.chains - idle, START, DONE).astype(np.int32),
            number=integer,
            draw=Draw(flat, vector, scalar, scalar),
            counts=counts.astype(np.int64),
            inverse_mass=np.stack([metric] * self.chains),
            mass_root=np.stack([root] * self.chains),
            step=adapt.StepSize(log_step, log_step, scalar, scalar, scalar, log_step + adapt.LOG_10),
            search=adapt.Search(scalar, integer),
            moments=adapt.Moments(scalar, vector, vector),
            window=adapt.Window(integer + np.int32(windows.size), integer + np.int32(windows.end)),
            tree=tree._replace(end=End(flat, vector, vector)),
            sweep=self.plan.initial(self.chains),
        )
        return tf.nest.map_structure(tf.constant, state)

    def program(self) -> Callable[..., Any]:
        """The function to compile: ``(state, turn, limit, settings) -> (state, turn, rows, filled)``.

        It runs until a chain has filled its ``block`` rows, all are done, one could not start or waits for its metric,
        or ``limit`` turns are made. ``rows`` is ``(chains, block, width)``, of which the first ``filled[c]`` rows of
        chain ``c`` count.
        Where the calls cut the run has no influence on the draws.

        The loop is nested: the inner one evaluates and adds leaves for as long as no chain needs anything else, so
        that what happens once in a trajectory (adaptation, a fresh momentum, recording) costs nothing at each leaf.
        """
        evaluate = value_and_gradient(self.density, self.chains)

        def run(state: Chains, turn: Tensor, limit: Tensor, settings: Settings) -> Any:
            last = turn + limit

            def going(state: Chains, turn: Tensor, rows: Tensor, filled: Tensor) -> Tensor:
                room = tf.reduce_all(filled < self.block) & tf.reduce_any(state.phase < DONE)
                return room & tf.reduce_all(state.phase <= DONE) & (turn < last)

            def body(state: Chains, turn: Tensor, rows: Tensor, filled: Tensor) -> Any:
                state, site, counts, turn = self._evaluate(state, turn, last, settings, evaluate)
                state, row, finished = self._attend(state, site, counts, turn, settings)
                # written each time and kept when the chain moves on: a scatter inside a conditional copies the rows
                place = tf.stack([tf.range(self.chains), filled], axis=1)
                rows = tf.tensor_scatter_nd_update(rows, place, row)
                return state, turn, rows, filled + tf.cast(finished, tf.int32)

            rows = tf.zeros((self.chains, self.block, self.width), tf.float64)
            filled = tf.zeros(self.chains, tf.int32)
            return tf.while_loop(going, body, (state, turn, rows, filled), parallel_iterations=1)

        return run

    def _evaluate(self, s: Chains, turn: Tensor, last: Tensor, settings: Settings, evaluate: Any) -> Any:
        """Evaluate the density, again and again, until a chain stands at something else than a leaf of its tree."""
        in_search, in_tree, in_sweep = s.phase == SEARCH, s.phase == TREE, s.phase == SWEEP
        early = s.number < tf.minimum(settings.tune, adapt.EARLY_DRAWS)
        depths = tf.where(early, min(adapt.EARLY_TREEDEPTH, self.max_treedepth), self.max_treedepth)
        counts = s.counts
        if self.plan.steps:
            uniform = noise.uniform((self.chains,), settings.key, turn, PROPOSAL)
            proposed = self.plan.propose(s.sweep, counts, self._normals(in_sweep, settings.key, turn, JUMP), uniform)
            counts = choose(in_sweep, proposed, counts)

        def going(turn: Tensor, tree: Tree, draw: Draw, site: Site) -> Tensor:
            calm = tf.reduce_all((in_tree & ~site.ended) | (s.phase == DONE))
            return (calm | ~site.made) & (turn < last)

        def body(turn: Tensor, tree: Tree, draw: Draw, site: Site) -> Any:
            stride = tf.where(in_tree, tree.direction * tree.step, tf.where(in_search, tree.step, 0.0))[:, None]
            half = tree.end.momentum + 0.5 * stride * tree.end.gradient
            position = tree.end.position + stride * velocity(half, s.inverse_mass)
            logp, gradient = evaluate(position, counts)
            logp = tf.where(tf.math.is_nan(logp), tf.constant(-np.inf, tf.float64), logp)
            sound = tf.math.is_finite(logp) & tf.reduce_all(tf.math.is_finite(gradient), axis=-1)
            gradient = tf.where(tf.math.is_finite(gradient), gradient, tf.zeros_like(gradient))
            energy, ended = -logp, in_tree
            uniform = noise.uniform((4, self.chains), settings.key, turn, DECISION)
            if self.dim:
                momentum = half + 0.5 * stride * gradient
                energy = kinetic_energy(momentum, s.inverse_mass) - logp
                energy = tf.where(sound, energy, tf.constant(np.inf, tf.float64))
                leaf = End(position, momentum, gradient)
                tree, draw, ended = grow(tree, draw, leaf, logp, energy, s.inverse_mass, uniform[:3], depths, in_tree)
            site = Site(tf.constant(True), position, gradient, logp, energy, sound, ended, uniform)
            return turn + 1, tree, draw, site

        scalar, vector, no = tf.zeros_like(s.draw.logp), tf.zeros_like(s.draw.position), tf.zeros_like(in_tree)
        unmade = Site(
            tf.constant(False), vector, vector, scalar, scalar, no, no, tf.zeros((4, self.chains), tf.float64)
        )
        start = (turn, s.tree, s.draw, unmade)
        turn, tree, draw, site = tf.while_loop(going, body, start, parallel_iterations=1)
        return s._replace(tree=tree, draw=draw), site, counts, turn

    def _attend(
        self, s: Chains, site: Site, counts: Tensor, turn: Tensor, settings: Settings
    ) -> tuple[Chains, Tensor, Tensor]:
        """Move on the chains that are not amid a tree; returns the state, its rows, and which finished a draw."""
        in_search = s.phase == SEARCH
        started, failed = (s.phase == START) & site.sound, (s.phase == START) & ~site.sound
        s = s._replace(draw=choose(started, Draw(site.position, site.gradient, site.logp, -site.logp), s.draw))
        searched, waits, finished = tf.zeros_like(started), tf.zeros_like(started), site.ended
        if self.dim:
            s, waits = self._learn(s, site.ended, settings)
            search, step, over = adapt.search(s.search, s.step, log_weight(s.tree, site.energy))
            searched = in_search & over
            s = s._replace(search=choose(in_search, search, s.search), step=choose(in_search, step, s.step))
        if self.plan.steps:
            s, finished = self._sweep(s, site, counts, settings)

        row = self._row(s)
        s = s._replace(number=s.number + tf.cast(finished, tf.int32))
        done = finished & (s.number >= settings.total)
        again = started | in_search | (finished & ~done)
        phase = tf.where(again, SWEEP, s.phase)
        if self.dim:
            searching = (started & settings.searches & (s.number == 0)) | (in_search & ~searched)
            phase = tf.where(again, tf.where(searching, SEARCH, TREE), s.phase)
            s = self._launch(s, again, site.uniform[2], turn, settings)
            if self.plan.steps:
                still = tf.zeros_like(s.draw.position)
                end = choose(site.ended, End(s.draw.position, still, still), s.tree.end)
                s = s._replace(tree=s.tree._replace(end=end))
                phase = tf.where(site.ended, SWEEP, phase)
        if self.dense:
            phase = tf.where(waits, WAITING, phase)
        phase = tf.where(done, DONE, tf.where(failed, FAILED, phase))
        return s._replace(phase=phase), row, finished

    def _learn(self, s: Chains, finished: Tensor, settings: Settings) -> tuple[Chains, Tensor]:
        """Adapt step size and metric to the trajectories that have just finished; returns whose window has ended.

        The averaging of the step size goes on from window to window. Begun anew each time, as Stan does, it has not
        recovered from its first, wide swings when the last 50 draws of the warm-up are over: the steps come out too
        small, by a quarter on the radon model, which doubled the length of its trajectories. Only the mean over the
        draws forgets what belongs to the metric before.
        """
        plan = settings.plan
        tuned = finished & (s.number < settings.tune)
        step = choose(tuned, adapt.average(s.step, mean_acceptance(s.tree), settings.target), s.step)
        learns = tuned & (s.number >= plan.first) & (s.number < plan.last)
        closes = learns & (s.number == s.window.end)
        step = choose(closes, adapt.forget(step), step)
        s = s._replace(step=step, window=choose(closes, adapt.next_window(s.window, plan), s.window))
        if self.dense:
            return s, closes
        moments = choose(learns, adapt.add_draw(s.moments, s.draw.position), s.moments)
        s = s._replace(
            inverse_mass=choose(closes, adapt.shrunk_variance(moments), s.inverse_mass),
            moments=choose(closes, adapt.no_moments(s.inverse_mass), moments),
        )
        return s, closes

    def _sweep(self, s: Chains, site: Site, counts: Tensor, settings: Settings) -> tuple[Chains, Tensor]:
        """Accept or reject the discrete proposals; returns the state and which chains completed their sweep."""
        active = s.phase == SWEEP
        chance = tf.minimum(site.logp - s.draw.logp, 0.0) + self.plan.log_attempt(s.sweep)
        accepted = active & (tf.math.log(site.uniform[3]) < chance)
        retune = (s.number < settings.tune) & ((s.number + 1) % metropolis.TUNE_INTERVAL == 0)
        sweep, complete = self.plan.advance(s.sweep, active, accepted, retune, site.logp - s.draw.logp)
        draw = choose(accepted, s.draw._replace(gradient=site.gradient, logp=site.logp), s.draw)
        return s._replace(draw=draw, counts=choose(accepted, counts, s.counts), sweep=sweep), complete

    def _launch(self, s: Chains, mask: Tensor, uniform: Tensor, turn: Tensor, settings: Settings) -> Chains:
        """Give the chains of ``mask`` a fresh momentum at their current draw."""
        normals = self._normals(mask, settings.key, turn, MOMENTUM)
        momentum = tf.linalg.matvec(s.mass_root, normals) if self.dense else normals * tf.math.rsqrt(s.inverse_mass)
        step = tf.exp(tf.where(s.number < settings.tune, s.step.log_step, s.step.log_mean))
        tree = choose(mask, plant(s.tree, s.draw, momentum, s.inverse_mass, step, uniform), s.tree)
        # the draw that a trajectory ends with if it rejects all others has the energy of its own start
        return s._replace(tree=tree, draw=s.draw._replace(energy=tf.where(mask, tree.start_energy, s.draw.energy)))

    def _normals(self, wanted: Tensor, key: Tensor, turn: Tensor, purpose: int) -> Tensor:
        """Normal deviates if any chain wants them: at a few tens of nanoseconds each they are not cheap."""
        shape = (self.chains, self.dim if purpose == MOMENTUM else self.plan.size)
        return tf.cond(
            tf.reduce_any(wanted),
            lambda: noise.normal(shape, key, turn, purpose),
            lambda: tf.zeros(shape, tf.float64),
        )

    def _row(self, s: Chains) -> Tensor:
        columns = [s.draw.logp]
        if self.dim:
            t = s.tree
            columns += [
                s.draw.energy,
                s.draw.energy - t.start_energy,
                t.max_error,
                mean_acceptance(t),
                t.step,
                tf.exp(s.step.log_mean),
                *(tf.cast(x, tf.float64) for x in (t.size, t.depth, t.diverging, t.exhausted)),
            ]
        parts = [s.draw.position, tf.cast(s.counts, tf.float64), tf.stack(columns, axis=1)]
        if self.plan.steps:
            if self.plan.integers:
                parts += [s.sweep.ratio, s.sweep.moved, s.sweep.scale]
            else:
                parts.append(s.sweep.accepted[:, None] / self.plan.steps)
        return tf.concat(parts, axis=1)
