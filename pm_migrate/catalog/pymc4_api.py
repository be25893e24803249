"""The public names of PyMC4 4.0a2 with their signatures: what ``pm_migrate.pymc4`` has to have.

Facts alone, read from PyMC4's public sources; docs/pymc4-api.md is made from them and from what is here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PublicName:
    """One public name of PyMC4.

    Parameters
    ----------
    name
        The name in its module.
    signature
        Its arguments as PyMC4 spells them, in parentheses; empty for modules and other values. Annotations are left
        out.
    base
        Of a distribution, the abstract class that it derives from directly.
    """

    name: str
    signature: str = ""
    base: str = ""


#: What all distributions take, for ``COMMON`` below.
_COMMON = (
    "*, transform=None, observed=None, batch_stack=None, event_stack=None, conditionally_independent=False, "
    "reinterpreted_batch_ndims=0, dtype=None, validate_args=False, allow_nan_stats=False, **kwargs"
)

#: One entry for each name: ``name(arguments) < base``, in PyMC4's order; further lines are indented more.
_LINES: Mapping[str, str] = {
    "": """
        utils
        name_scope(name)
        variable_name(name)
        coroutine_model
        distributions
        flow
        evaluate_model(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_model_transformed(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_model_posterior_predictive(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_meta_model(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_meta_posterior_predictive_model(model, *, state=None, values=None, observed=None, sample_shape=())
        Model(genfn, *, name=None, keep_auxiliary=True, keep_return=True)
        model(genfn, *, name, keep_auxiliary=True, keep_return=True, method=False)
        inference
        sample_prior_predictive(model, sample_shape=1000, sample_from_observed=True, var_names=None, state=None,
            use_auto_batching=True)
        sample_posterior_predictive(model, trace, var_names=None, observed=None, use_auto_batching=True, inplace=True)
        sample(model, sampler_type=None, num_samples=1000, num_chains=10, burn_in=100, observed=None, state=None,
            xla=False, use_auto_batching=True, sampler_methods=None, trace_discrete=None, seed=None,
            include_log_likelihood=False, **kwargs)
        HMC(*args, **kwargs)
        NUTS(*args, **kwargs)
        RandomWalkM(*args, **kwargs)
        CompoundStep(*args, **kwargs)
        NUTSSimple(*args, **kwargs)
        HMCSimple(*args, **kwargs)
        gp
        mcmc
        fit(model=None, method='advi', num_steps=10000, sample_size=1, random_seed=None, optimizer=None, **kwargs)
        Approximation(model=None, random_seed=None)
        MeanField(model=None, random_seed=None)
        FullRank(model=None, random_seed=None)
        LowRank(model=None, random_seed=None)
        """,
    "distributions": """
        Normal(name, loc, scale, **kwargs) < ContinuousDistribution
        HalfNormal(name, scale, **kwargs) < PositiveContinuousDistribution
        HalfStudentT(name, df, scale, **kwargs) < PositiveContinuousDistribution
        Beta(name, concentration0, concentration1, **kwargs) < UnitContinuousDistribution
        Cauchy(name, loc, scale, **kwargs) < ContinuousDistribution
        Chi2(name, df, **kwargs) < PositiveContinuousDistribution
        Exponential(name, rate, **kwargs) < PositiveContinuousDistribution
        Gamma(name, concentration, rate, **kwargs) < PositiveContinuousDistribution
        GeneralizedNormal(name, loc, scale, power, **kwargs) < ContinuousDistribution
        Gumbel(name, loc, scale, **kwargs) < ContinuousDistribution
        HalfCauchy(name, scale, **kwargs) < PositiveContinuousDistribution
        InverseGamma(name, concentration, scale, **kwargs) < PositiveContinuousDistribution
        InverseGaussian(name, loc, concentration, **kwargs) < PositiveContinuousDistribution
        Kumaraswamy(name, concentration0, concentration1, **kwargs) < UnitContinuousDistribution
        Laplace(name, loc, scale, **kwargs) < ContinuousDistribution
        Logistic(name, loc, scale, **kwargs) < ContinuousDistribution
        LogitNormal(name, loc, scale, **kwargs) < UnitContinuousDistribution
        LogNormal(name, loc, scale, **kwargs) < PositiveContinuousDistribution
        Moyal(name, loc, scale, **kwargs) < ContinuousDistribution
        Pareto(name, concentration, scale, **kwargs) < BoundedContinuousDistribution
        StudentT(name, loc, scale, df, **kwargs) < ContinuousDistribution
        Triangular(name, low, peak, high, **kwargs) < BoundedContinuousDistribution
        Uniform(name, low, high, **kwargs) < BoundedContinuousDistribution
        Flat(name, **kwargs) < ContinuousDistribution
        HalfFlat(name, **kwargs) < PositiveContinuousDistribution
        VonMises(name, loc, concentration, **kwargs) < BoundedContinuousDistribution
        Weibull(name, concentration, scale, **kwargs) < PositiveContinuousDistribution
        Bernoulli(name, probs, **kwargs) < BoundedDiscreteDistribution
        Binomial(name, total_count, probs, **kwargs) < BoundedDiscreteDistribution
        BetaBinomial(name, total_count, concentration0, concentration1, **kwargs) < BoundedDiscreteDistribution
        DiscreteUniform(name, low, high, **kwargs) < BoundedDiscreteDistribution
        Categorical(name, probs, **kwargs) < BoundedDiscreteDistribution
        Geometric(name, probs, **kwargs) < BoundedDiscreteDistribution
        NegativeBinomial(name, total_count, probs, **kwargs) < PositiveDiscreteDistribution
        OrderedLogistic(name, loc, cutpoints, **kwargs) < BoundedDiscreteDistribution
        Poisson(name, rate, **kwargs) < PositiveDiscreteDistribution
        Zipf(name, power, **kwargs) < PositiveDiscreteDistribution
        ZeroInflatedPoisson(name, psi, theta, **kwargs) < PositiveDiscreteDistribution
        ZeroInflatedBinomial(name, psi, n, p, **kwargs) < PositiveDiscreteDistribution
        ZeroInflatedNegativeBinomial(name, psi, mu, alpha, **kwargs) < PositiveDiscreteDistribution
        Dirichlet(name, concentration, **kwargs) < SimplexContinuousDistribution
        LKJ(name, dimension, concentration, **kwargs) < ContinuousDistribution
        LKJCholesky(name, dimension, concentration, **kwargs) < ContinuousDistribution
        Multinomial(name, total_count, probs, **kwargs) < DiscreteDistribution
        MvNormal(name, loc, covariance_matrix, **kwargs) < ContinuousDistribution
        MvNormalCholesky(name, loc, scale_tril, **kwargs) < ContinuousDistribution
        VonMisesFisher(name, mean_direction, concentration, **kwargs) < ContinuousDistribution
        Wishart(name, df, scale, **kwargs) < ContinuousDistribution
        AR(name, num_timesteps, coefficients, level_scale, initial_state=None, initial_step=0, **kwargs) <
            ContinuousDistribution
        Mixture(name, p, distributions, **kwargs) < Distribution
        Potential(value, coef=1.0)
        Deterministic(name, value)
        transforms
        """,
    "distributions.distribution": """
        Distribution(name, COMMON)
        Potential(value, coef=1.0)
        Deterministic(name, value)
        ContinuousDistribution(name, COMMON)
        DiscreteDistribution(name, COMMON)
        BoundedDistribution(name, COMMON)
        BoundedDiscreteDistribution(name, COMMON)
        BoundedContinuousDistribution(name, COMMON)
        UnitContinuousDistribution(name, COMMON)
        PositiveContinuousDistribution(name, COMMON)
        PositiveDiscreteDistribution(name, COMMON)
        SimplexContinuousDistribution(name, COMMON)
        """,
    "distributions.transforms": """
        JacobianPreference
        Transform(transform=None, event_ndims=None)
        Invert(transform, **kwargs)
        BackwardTransform(transform, **kwargs)
        Log(**kwargs)
        Sigmoid(**kwargs)
        LowerBound(lower_limit, **kwargs)
        UpperBound(upper_limit, **kwargs)
        Interval(lower_limit, upper_limit, **kwargs)
        """,
    "distributions.batchstack": """
        BatchStacker(distribution, batch_stack, validate_args=False, name=None)
        """,
    "distributions.half_student_t": """
        HalfStudentT(df, loc, scale, validate_args=False, allow_nan_stats=True, name='HalfStudentT')
        """,
    "distributions.state_functions": """
        Proposal(name=None)
        CategoricalUniformFn(classes, name=None)
        BernoulliFn(name=None)
        GaussianRoundFn(scale=1.0, name=None)
        categorical_uniform_fn(classes, name=None)
        bernoulli_fn(name=None)
        gaussian_round_fn(scale=1.0, name=None)
        """,
    "flow": """
        SamplingExecutor()
        TransformedSamplingExecutor()
        PosteriorPredictiveSamplingExecutor()
        MetaSamplingExecutor()
        MetaPosteriorPredictiveSamplingExecutor()
        SamplingState(transformed_values=None, untransformed_values=None, observed_values=None,
            discrete_distributions=None, continuous_distributions=None, potentials=None, deterministics=None,
            posterior_predictives=None, deterministics_values=None)
        evaluate_model(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_model_transformed(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_model_posterior_predictive(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_meta_model(model, *, state=None, values=None, observed=None, sample_shape=())
        evaluate_meta_posterior_predictive_model(model, *, state=None, values=None, observed=None, sample_shape=())
        """,
    "flow.executor": """
        EvaluationError
        StopExecution
        EarlyReturn
        SamplingState(transformed_values=None, untransformed_values=None, observed_values=None,
            discrete_distributions=None, continuous_distributions=None, potentials=None, deterministics=None,
            posterior_predictives=None, deterministics_values=None)
        SamplingExecutor()
        """,
    "coroutine_model": """
        model(genfn, *, name, keep_auxiliary=True, keep_return=True, method=False)
        ModelTemplate(template, *, name=None, keep_auxiliary=True, keep_return=True)
        Model(genfn, *, name=None, keep_auxiliary=True, keep_return=True)
        get_name(default, base_fn, name)
        name2value(name)
        unpack(arg)
        yieldify(fn)
        """,
    "scopes": """
        Scope(**kwargs)
        name_scope(name)
        variable_name(name)
        transformed_variable_name(transform_name, name)
        """,
    "utils": """
        NameParts(path, transform_name, untransformed_name)
        map_nested(fn, structure, cond)
        merge_dicts(*dicts, **kwargs)
        biwrap(wrapper)
        get_data(filename)
        """,
    "forward_sampling": """
        sample_prior_predictive(model, sample_shape=1000, sample_from_observed=True, var_names=None, state=None,
            use_auto_batching=True)
        sample_posterior_predictive(model, trace, var_names=None, observed=None, use_auto_batching=True, inplace=True)
        """,
    "inference": """
        sampling
        """,
    "inference.sampling": """
        sample(model, sampler_type=None, num_samples=1000, num_chains=10, burn_in=100, observed=None, state=None,
            xla=False, use_auto_batching=True, sampler_methods=None, trace_discrete=None, seed=None,
            include_log_likelihood=False, **kwargs)
        auto_assign_sampler(model, sampler_type=None)
        check_proposal_functions(model, state=None, observed=None)
        """,
    "mcmc": """
        utils
        samplers
        """,
    "mcmc.samplers": """
        HMC(*args, **kwargs)
        NUTS(*args, **kwargs)
        RandomWalkM(*args, **kwargs)
        CompoundStep(*args, **kwargs)
        NUTSSimple(*args, **kwargs)
        HMCSimple(*args, **kwargs)
        reg_samplers
        register_sampler(cls)
        build_logp_and_deterministic_functions(model, num_chains=None, observed=None, state=None,
            collect_reduced_log_prob=True, parent_inds=None)
        """,
    "mcmc.utils": """
        initialize_sampling_state(model, observed=None, state=None)
        initialize_state(model, observed=None, state=None)
        trace_to_arviz(trace=None, sample_stats=None, observed_data=None, prior_predictive=None,
            posterior_predictive=None, log_likelihood=None, inplace=True)
        scope_remove_transformed_part_if_required(name, transformed_values)
        """,
    "gp": """
        cov
        mean
        util
        gp
        LatentGP(cov_fn, mean_fn)
        """,
    "gp.gp": """
        BaseGP(cov_fn, mean_fn)
        LatentGP(cov_fn, mean_fn)
        """,
    "gp.cov": """
        Covariance(feature_ndims, active_dims, scale_diag, **kwargs)
        Combination(*factors)
        Stationary(feature_ndims, active_dims, scale_diag, **kwargs)
        Constant(coef, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        WhiteNoise(noise, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        ExpQuad(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        RatQuad(length_scale, amplitude=1.0, scale_mixture_rate=1.0, feature_ndims=1, active_dims=None,
            scale_diag=None, **kwargs)
        Exponential(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Matern52(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Matern32(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Matern12(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Linear(bias_variance, slope_variance, shift, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Polynomial(bias_variance, slope_variance, shift, exponent, feature_ndims=1, active_dims=None, scale_diag=None,
            **kwargs)
        Cosine(length_scale, amplitude=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        Periodic(length_scale, amplitude=1.0, period=1.0, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        WarpedInput(kernel, warp_fn, fn_args=None, **kwargs)
        Gibbs(length_scale_fn, fn_args=None, feature_ndims=1, active_dims=None, scale_diag=None, **kwargs)
        ScaledCov(kernel, scaling_fn, fn_args=None, **kwargs)
        """,
    "gp.mean": """
        Mean(feature_ndims=1)
        MeanAdd(mean1, mean2)
        MeanProd(mean1, mean2)
        Zero(feature_ndims=1)
        Constant(coef=1, feature_ndims=1)
        """,
    "gp.util": """
        stabilize(K, shift=None)
        """,
    "plots": """
        plot_gp_dist(ax, samples, x, plot_samples=True, palette='Reds', fill_alpha=0.8, samples_alpha=0.1,
            fill_kwargs=None, samples_kwargs=None)
        """,
    "variational": """
        approximations
        updates
        ADVIFit(approximation, losses)
        Approximation(model=None, random_seed=None)
        MeanField(model=None, random_seed=None)
        FullRank(model=None, random_seed=None)
        LowRank(model=None, random_seed=None)
        fit(model=None, method='advi', num_steps=10000, sample_size=1, random_seed=None, optimizer=None, **kwargs)
        """,
    "variational.updates": """
        adadelta(learning_rate=1.0, rho=0.95, epsilon=1e-06, **kwargs)
        adagrad(learning_rate=1.0, epsilon=1e-06, **kwargs)
        adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-08, **kwargs)
        adamax(learning_rate=0.002, beta_1=0.9, beta_2=0.999, epsilon=1e-08, **kwargs)
        sgd(learning_rate=0.001, **kwargs)
        """,
    "variational.callbacks": """
        CheckParametersConvergence(every=100, tolerance=0.001, diff='relative', ord=inf, min_num_steps=20, name=None)
        """,
}


def _parse(entry: str) -> PublicName:
    call, _, base = entry.replace("COMMON", _COMMON).partition(" < ")
    name, parenthesis, rest = call.partition("(")
    return PublicName(name, parenthesis + rest, base)


def _entries(text: str) -> list[str]:
    """The entries of a block, each on one line."""
    joined = re.sub(r"\n {12,}", " ", text)
    return [entry.strip() for entry in joined.splitlines() if entry.strip()]


#: Public names by module, the top one ``""``; a module has those of ``distributions`` too at the top.
MODULES: Mapping[str, tuple[PublicName, ...]] = {
    module: tuple(map(_parse, _entries(text))) for module, text in _LINES.items()
}

#: PyMC4 exports all names of ``distributions`` at the top as well.
TOP: tuple[PublicName, ...] = (*MODULES[""], *MODULES["distributions"])

#: The distributions by name.
DISTRIBUTIONS: Mapping[str, PublicName] = {name.name: name for name in MODULES["distributions"] if name.base}
