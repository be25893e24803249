"""More seeded faults, of kinds that the first ones lack; written before anybody knew which of them are noticed."""

from __future__ import annotations

#: By module of ``pm_migrate``: what is wrong, in words; text of the module; and what stands in its place.
LATER: dict[str, tuple[tuple[str, str, str], ...]] = {
    "shims.gp.stationary": (
        ("ExpQuad: the exponent lacks its half", "exp(-0.5 * self.square_dist(X, Xs))",
         "exp(-self.square_dist(X, Xs))"),
        ("RatQuad: alpha is not divided by", "* (1.0 / self.alpha), -1.0", "* self.alpha, -1.0"),
    ),
    "shims.gp.processes": (
        ("Latent: the mean of the values is forgotten", "v = solve_lower(L, f - mean_total(X))",
         "v = solve_lower(L, f)"),
        ("Marginal: no noise", "self.cov_func(X) + noise(X)", "self.cov_func(X)"),
        ("TP: degrees of freedom do not grow", "nu = self.nu + X.shape[0]", "nu = self.nu"),
    ),
    "shims.glm.linear": (
        ("GLM: the offset is subtracted", "x.dot(self.coeffs) + offset", "x.dot(self.coeffs) - offset"),
        ("GLM: the default prior's precision is taken for a deviation", "mu=0, tau=1.0e-6", "mu=0, sigma=1.0e6"),
    ),
    "shims.ode.ode": (
        ("ODE: the solution begins at the first time", "solution.astype(config.floatX)[1:]",
         "solution.astype(config.floatX)[:-1]"),
        ("ODE: gradients of states and parameters are exchanged",
         "[slopes[: self.n_states], slopes[self.n_states :]]", "[slopes[-self.n_states :], slopes[: self.n_theta]]"),
    ),
    "shims.distributions.mixture": (
        ("NormalMixture: sd= is ignored", "sigma = sigma if sd is None else sd", "sigma = sigma"),
        ("mixtures of vectors: an axis of the event is taken for the components'",
         "axis=-1 - self.comp_dists.event_rank", "axis=-1"),
    ),
    "shims.distributions.bound": (
        ("bounds: a discrete variable starts at its end", "start = lower + 1 if lower is not None",
         "start = lower if lower is not None"),
    ),
    "shims.model.observing": (
        ("total_size of several axes: only the last counts", "factor = factor * (float(total)",
         "factor = (float(total)"),
        ("missing values start at zero", "start = distribution.default()[mask]",
         "start = 0 * distribution.default()[mask]"),
    ),
    "shims.transforms.combined": (
        ("chains: backward in the order of forward", "for transform in reversed(self.transform_list):\n            z =",
         "for transform in self.transform_list:\n            z ="),
    ),
    "shims.transforms.elementwise": (
        ("upperbound: above the bound", "params[0] - tf.exp(y)", "params[0] + tf.exp(y)"),
    ),
    "shims.distributions.special.series": (
        ("random walks: parameters along time lose their last entry", "parameter[1:] if", "parameter[:-1] if"),
        ("AR: the constant is added to the residual", "residual - rho[0], rho[1:]", "residual + rho[0], rho[1:]"),
        ("EulerMaruyama: the diffusion grows with time", "tf.sqrt(dt) * diffusion", "dt * diffusion"),
        ("walks of vectors: the last value has the initial distribution",
         "self.initial.log_prob(value[0]))\n        if v",
         "self.initial.log_prob(value[-1]))\n        if v"),
    ),
    "shims.distributions.special.matrices": (
        ("LKJCholeskyCov: eta is not lowered by 1", "power = 2.0 * (eta[..., None] - 1.0) + n - i",
         "power = 2.0 * eta[..., None] + n - i"),
        ("LKJCorr: half of the determinant", "+ 2.0 * (eta - 1.0) * log_diagonal(factor)",
         "+ (eta - 1.0) * log_diagonal(factor)"),
    ),
    "shims.predictive": (
        ("posterior predictive: draws do not begin again", "self.at(np.arange(samples) % self.total)",
         "self.at(np.minimum(np.arange(samples), self.total - 1))"),
        ("posterior predictive: chains and draws are exchanged", "x.reshape(self.chains, self.total // self.chains, *",
         "x.reshape(self.total // self.chains, self.chains, *"),
    ),
    "shims.pymc4.distribution": (
        ("generators: batch_stack lies behind the batch", "(*self.batch_stack, *batch[:cut], *self.event_stack",
         "(*batch[:cut], *self.batch_stack, *self.event_stack"),
        ("generators: event axes are summed twice", "reduced = self._event_ndims - self.event_rank",
         "reduced = self._event_ndims"),
    ),
    "shims.pymc4.composites": (
        ("generators: an infinite end is an end", "None if self._infinite(lower, -np.inf) else lower", "lower"),
    ),
    "shims.pymc4.observing": (
        ("generators: set_data has no effect", "value = replacements.get(name)", "value = None"),
    ),
    "shims.pymc4.compilation": (
        ("generators: predictive draws keep the shape of the variable",
         "shape = dist.value_shape if data is None else dist.observation_shape(data)", "shape = dist.value_shape"),
    ),
    "codemod.holding": (
        ("codemod: models that another file uses are rewritten", "mentioned = any(_mentions(",
         "mentioned = not any(_mentions("),
    ),
    "codemod.reexports": (
        ("codemod: names that a file passes on are not known",
         "                names |= _passed(node, taken, unlisted)\n",
         "                pass\n"),
    ),
    "codemod.linking": (
        ("codemod: functions that another file gives up are rewritten",
         "kept = {name for name, (target, f) in makers.items() if target.outside or (id(target), f) in lost}",
         "kept = {name for name, (target, f) in makers.items() if target.outside}"),
    ),
    "codemod.rules.model_block": (
        ("codemod: coords= of a model are lost", 'options.append(f"coords={code(arg.value)}")', "pass"),
        ("codemod: the name of a model is lost", 'options.append(f"prefix={code(name)}")', "pass"),
        ("codemod: a model entered again forgets its beginning",
         'generator.insert(0, statement(f"{carried}yield {shape.arguments[0]}"))', "pass"),
    ),
    "codemod.rules.nested": (
        ("codemod: the prefix of an inner model is lost",
         "if (name is not None and string_value(name) != \"\") or inside_named:", "if inside_named:"),
    ),
    "codemod.rules.comprehension": (
        ("codemod: what a comprehension makes before is yielded after",
         "if any(_conditional(plan, n, r) or _creates_before(plan, n, r) for n, r",
         "if any(_conditional(plan, n, r) for n, r"),
    ),
    "codemod.rules.glm": (
        ("codemod: names of a formula that are bound again are not mentioned",
         "if any(plan.tree.order[site] > here for site", "if any(plan.tree.order[site] < 0 for site"),
    ),
}  # fmt: skip
