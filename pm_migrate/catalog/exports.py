"""The public names of PyMC3 3.11.6, so that a missing one can be told from a misspelt one."""

from __future__ import annotations

#: Every public name of ``pymc3`` that is not a module.
PYMC3_NAMES = frozenset(
    """
    ADVI AR AR1 ASVGD Approximation ArrayOrdering AsymmetricLaplace BART Bernoulli Beta BetaBinomial
    BinaryGibbsMetropolis BinaryMetropolis Binomial Bound CallableTensor Categorical CategoricalGibbsMetropolis
    Cauchy CauchyProposal ChiSquared CompoundStep Constant ConstantDist Continuous DEMetropolis DEMetropolisZ
    DEMetropolisZMLDA Data DensityDist Deterministic DictToArrayBijection DictToVarBijection Dirichlet
    DirichletMultinomial Discrete DiscreteUniform DiscreteWeibull Distribution ELPDData ElemwiseCategorical
    EllipticalSlice Empirical ExGaussian Exponential Factor Flat FullRank FullRankADVI GARCH11 GLM Gamma
    GaussianRandomWalk GeneratorAdapter Geometric Group Gumbel HalfCauchy HalfFlat HalfNormal HalfStudentT
    HamiltonianMC HyperGeometric ImplicitGradient ImputationWarning IncorrectArgumentsError Inference Interpolated
    InverseGamma KLqp KroneckerNormal Kumaraswamy LKJCholeskyCov LKJCorr Laplace LaplaceProposal LinearComponent
    LogNormal Logistic LogitNormal Lognormal MLDA MatrixNormal MeanField Metropolis MetropolisMLDA Minibatch
    Mixture MixtureSameFamily Model Moyal Multinomial MultivariateNormalProposal MvGaussianRandomWalk MvNormal
    MvStudentT MvStudentTRandomWalk NFVI NUTS NegativeBinomial NoDistribution Normal NormalMixture NormalProposal
    NormalizingFlow OrderedLogistic OrderedProbit PGBART Pareto Point Poisson PoissonProposal Potential
    RecursiveDAProposal Rice SVGD SamplingError ShapeError Simulator SkewNormal Slice Stein StudentT TensorType
    TraceDirectoryError Triangular TruncatedNormal Uniform UniformProposal VonMises Wald Weibull Wishart
    WishartBartlett ZeroInflatedBinomial ZeroInflatedNegativeBinomial ZeroInflatedPoisson adadelta adagrad
    adagrad_window adam adamax align_minibatches apply_momentum apply_nesterov_momentum apply_test_function
    autocorr autocorrplot autocov bfmi blas_info bool_types compare compareplot compilef complex_types cont_inputs
    continuous_types densityplot discrete_types energyplot ess expand_packed_triangular
    fast_sample_posterior_predictive fastfn find_MAP find_hessian fit floatX float_types fn forestplot generator
    get_data gradient guess_scaling handler hdi hessian hessian_diag init_nuts inputvars intX int_types invlogit
    invprobit isgenerator iter_sample jacobian join_nonshared_inputs kde kdeplot load_trace logaddexp logit logp
    logsumexp loo loo_pit make_shared_replacements make_ufunc mcse model_to_graphviz modelcontext momentum
    nesterov_momentum norm_constraint pairplot plot_autocorr plot_bf plot_bpv plot_compare plot_density plot_dist
    plot_dist_comparison plot_dot plot_ecdf plot_elpd plot_energy plot_ess plot_forest plot_gp_dist plot_hdi
    plot_kde plot_khat plot_lm plot_loo_pit plot_mcse plot_pair plot_parallel plot_posterior
    plot_posterior_predictive_glm plot_ppc plot_rank plot_separation plot_trace plot_ts plot_violin probit psislw
    r2_samples r2_score reloo rhat rmsprop sample sample_approx sample_posterior_predictive
    sample_posterior_predictive_w sample_prior_predictive sample_smc save_trace set_data set_tt_rng sgd
    smartfloatX summary take_along_axis test theano_constant total_norm_constraint trace_cov trace_to_dataframe
    traceplot tt_rng typefilter waic weight_predictions wrap_xarray_ufunc
    """.split()
)

#: Public submodules reachable as attributes of ``pymc3``.
PYMC3_MODULES = frozenset(
    """
    backends backports blocking data distributions exceptions glm gp math model model_graph ode parallel_sampling plots
    sampling smc stats step_methods theanof transforms tuning util variational vartypes
    """.split()
)

#: Modules below those, which star imports leave in ``pymc3``. Not ``inference``: a package of ours has that name.
LEAKED_MODULES = {
    **{name: f"glm.{name}" for name in ("families", "linear", "utils")},
    **{name: f"tuning.{name}" for name in ("scaling", "starting")},
    **{
        name: f"step_methods.{name}"
        for name in (
            *("arraystep", "compound", "elliptical_slice", "gibbs", "hmc", "metropolis", "mlda", "pgbart"),
            *("slicer", "step_sizes"),
        )
    },
    **{name: f"variational.{name}" for name in ("approximations", "callbacks", "flows", "operators", "opvi", "stein")},
    "test_functions": "variational.test_functions",
    "updates": "variational.updates",
}
