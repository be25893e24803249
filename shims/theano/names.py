"""Public names of Theano that are not available, so that using one says what to use instead.

A name that Theano does not have either is an ``AttributeError``, as it was there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pm_migrate.errors import NotSupported

# by module, then what to do instead, then names
_MISSING: dict[str, dict[str, str]] = {
    "theano": {
        "theano.grad": "subgraph_grad sparse_grad",
        "leave it out: graphs are compiled by TensorFlow": """
            Mode FunctionMaker ProfileStats Out checkpoints function_dump link predefined_linkers
            predefined_modes predefined_optimizers misc p OrderedUpdates
        """,
    },
    "theano.gradient": {
        "theano.grad": "subgraph_grad",
        "theano.gradient.disconnected_grad, zero_grad, undefined_grad or grad_clip": """
            ConsiderConstant ZeroGrad UndefinedGrad DisconnectedGrad GradClip GradScale
        """,
    },
    "theano.graph.basic": {},
    "theano.tensor": {
        "an Op of pm_migrate.shims.theano.graph, with an implementation in TensorFlow": """
            ARange AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedSubtensor AdvancedSubtensor1
            Alloc AllocDiag AllocEmpty Argmax CAReduce COp CType Choose Default DiffOp
            DimShuffle DisconnectedType Dot ExtractDiag Eye Flatten Generic IncSubtensor
            Join LoadFromDisk MakeSlice Max MaxAndArgmax Mean Min Nonzero ParamsType
            PermuteRowElements Rebroadcast Reshape ScalarFromTensor Shape SpecifyShape Split
            Subtensor Sum Tensor TensorFromScalar Tile Tri Type
        """,
        "scipy.special.jv on data, or a formula with tt.j0 and tt.j1": "jv",
        "real arithmetic on two tensors": """
            angle complex complex_from_polar conj imag real cmatrix cscalar cvector crow ccol
            ctensor3 ctensor4 ctensor5 ctensor6 ctensor7 zmatrix zscalar zvector zrow zcol
            ztensor3 ztensor4 ztensor5 ztensor6 ztensor7
        """,
        "theano.tensor.random.utils.RandomStream": "shared_randomstreams",
        "int(x.eval())": "get_scalar_constant_value extract_constant get_vector_length",
        "leave it out: there is one kind of device and of memory": """
            transfer register_transfer recv send irecv isend load io opt_uncanonicalize blas
            blas_c blas_scipy scalar_from_tensor tensor_from_scalar apply_across_args
        """,
        "tt.arange and tt.eq": "groupby",
    },
    "theano.tensor.nnet": {
        "tf.nn inside an Op of pm_migrate.shims.theano.graph": """
            conv conv2d conv2d_transpose conv3d abstract_conv abstract_conv2d separable_conv2d
            batch_normalization bn blocksparse corr corr3d h_softmax ConvOp conv2d_grad_wrt_inputs
        """,
        "tt.nnet.sigmoid, which is exact": "ultra_fast_sigmoid",
        "tt.nnet.softmax and tt.log": """
            softmax_graph softmax_op softmax_with_bias crossentropy_categorical_1hot
            crossentropy_softmax_1hot crossentropy_softmax_1hot_with_bias
            crossentropy_softmax_argmax_1hot_with_bias crossentropy_softmax_max_and_argmax_1hot
            prepend_0_to_each_row prepend_1_to_each_row prepend_scalar_to_each_row
            logsoftmax_op
        """,
    },
    "theano.tensor.slinalg": {
        "tt.slinalg.eigvalsh": "Eigvalsh EigvalshGrad",
        "tt.slinalg.cholesky and expm": "CholeskyGrad Expm ExpmGrad",
    },
    "theano.tensor.nlinalg": {
        "the function of the same name in lower case": """
            AllocDiag Det Eig Eigh EighGrad ExtractDiag MatrixInverse MatrixPinv QRFull QRIncomplete SVD TensorInv
            TensorSolve
        """,
    },
    "theano.tensor.extra_ops": {
        "leave it out": "cpu_contiguous CpuContiguous",
        "the function of the same name in lower case": """
            CumOp CumsumOp CumprodOp DiffOp FillDiagonal FillDiagonalOffset RepeatOp BroadcastTo SearchsortedOp
            RavelMultiIndex UnravelIndex Bartlett
        """,
    },
}

#: Theano's own machinery, which it exports with the rest.
_INTERNAL: dict[str, str] = {
    "theano.sandbox.rng_mrg": """
        A1p134 A1p72 A2p134 A2p72 DotModulo ff_2p134 ff_2p72 guess_n_streams M1 M2 MASK12 MASK13 MASK2
        matVecModM mrg_next_value mrg_uniform mrg_uniform_base MULT2 multMatVect NORM np_int32_vals
    """,
    "theano.compile.sharedvalue": """
        generic_constructor shared_constructor
    """,
    "theano.compile.builders": """
        infer_shape ops_with_inner_function
    """,
    "theano.compile.ops": """
        deep_copy_op DeepCopyOp expandable_types load_back OutputGuard Rebroadcast
        register_deep_copy_op_c_code register_rebroadcast_c_code register_shape_c_code register_shape_i_c_code
        register_specify_shape_c_code register_view_op_c_code shape Shape Shape_i shape_i shape_i_op
        SpecifyShape view_op ViewOp
    """,
    "theano.raise_op": """
        Raise
    """,
    "theano.ifelse": """
        acceptable_ops CondMerge IfElse
    """,
    "theano.tensor.random.utils": """
        broadcast_params params_broadcast_shapes
    """,
    "theano.tensor.xlogx": """
        scalar_xlogx scalar_xlogy0 XlogX XlogY0
    """,
    "theano.tensor.sharedvar": """
        load_shared_variable scalar_constructor tensor_constructor
    """,
    "theano.tensor.subtensor": """
        advanced_inc_subtensor advanced_inc_subtensor1 advanced_set_subtensor advanced_set_subtensor1
        advanced_subtensor advanced_subtensor1 AdvancedIncSubtensor AdvancedIncSubtensor1
        AdvancedIndexingError AdvancedSubtensor AdvancedSubtensor1 as_index_constant as_index_variable
        basic_shape check_advanced_indexing_dimensions get_canonical_form_slice get_idx_list group_indices
        IncSubtensor indexed_result_shape is_basic_idx range_len slice_len Subtensor SubtensorPrinter
    """,
    "theano.tensor.elemwise": """
        All Any CAReduce CAReduceDtype DimShuffle DimShufflePrinter mul_without_zeros MulWithoutZeros Prod
        ProdWithoutZeros scalar_elemwise Sum
    """,
    "theano.tensor.sort": """
        ArgSortOp SortOp TopKOp
    """,
    "theano.tensor.type": """
        values_eq_approx values_eq_approx_always_true values_eq_approx_remove_inf
        values_eq_approx_remove_inf_nan values_eq_approx_remove_nan
    """,
    "theano.tensor.var": """
        TensorConstantSignature
    """,
    "theano.graph.op": """
        compute_test_value ExternalCOp get_io_macros get_sub_macros get_test_values lquote_macro MetaObject
        MethodNotDefined missing_test_message NoParams OpenMPOp ops_with_inner_function
    """,
    "theano.compile": """
        AddDestroyHandler AddFeatureOptimizer alias_root AliasedMemoryError check_equal convert_function_input
        DebugMode deep_copy_op DeepCopyOp FAST_COMPILE FAST_RUN fgraph_updated_vars FunctionMaker
        get_default_mode get_info_on_inputs get_mode infer_reuse_pattern insert_deepcopy
        instantiated_default_mode JAX Mode mode MonitorMode nanguardmode NanGuardMode optdb orig_function Out
        pfunc predefined_linkers predefined_modes predefined_optimizers PrintCurrentFunctionGraph ProfileStats
        profiling Rebroadcast rebuild_collect_shared register_checker register_deep_copy_op_c_code
        register_linker register_mode register_optimizer register_rebroadcast_c_code register_shape_c_code
        register_shape_i_c_code register_specify_shape_c_code register_view_op_c_code ScanProfileStats shape
        Shape Shape_i shared_constructor sharedvalue SpecifyShape std_fgraph Supervisor SymbolicInput
        SymbolicOutput types UnusedInputError view_op view_tree_set ViewOp
    """,
    "theano.graph.basic": """
        applys_between as_string clone clone_get_equiv default_node_formatter equal_computations
        general_toposort get_var_by_name io_connection_pattern io_toposort is_in_ancestors list_of_nodes Node
        nodes_constructed NoParams op_as_string orphans_between T variable_depends_on vars_between view_roots
        walk
    """,
    "theano.gradient": """
        Apply as_list_to_flatten consider_constant_ disconnected_grad_ disconnected_type format_as grad_time
        known_grads mode_not_slow NullType NullTypeGradError Op tensor Type undefined_grad_ ViewOp zero_grad_
    """,
    "theano": """
        deprecated disable_log_handler rpath get_scalar_constant_value
    """,
    "theano.tensor": """
        AdvancedIndexingError EmptyConstantError MPIRecv MPIRecvWait MPISend MPISendWait
        MethodNotDefined NoneConst NoneTypeT NotScalarConstantError ShapeError SliceConstant SliceType
        SubtensorPrinter TensorConstantSignature advanced_inc_subtensor advanced_inc_subtensor1
        advanced_set_subtensor advanced_set_subtensor1 advanced_subtensor advanced_subtensor1
        alloc_validate_shape as_index_constant as_index_variable as_int_none_variable as_list basic_shape
        broadcast_shape check_advanced_indexing_dimensions check_and_normalize_axes check_equal_numpy
        constructor default dense_dot float16_atol float16_rtol float32_atol float32_rtol float64_atol
        float64_rtol get_canonical_form_slice get_idx_list group_indices inc_code indexed_result_shape int32
        is_basic_idx is_flat join_ key_to_cmp makeKeepDims make_slice min_informative_str mod_check mpi_cmps
        mpi_enabled mpi_keys mpi_send_wait_cmp mpi_send_wait_key mpi_tag_cmp mpi_tag_key none_type_t
        numpy_diagonal_return_view numpy_scalar pprint range_len scalar_elemwise setdefault slice_len slicetype
        values_eq_approx_always_true all_dtypes float_matrix_types float_scalar_types float_types
        float_vector_types int_matrix_types int_scalar_types int_types int_vector_types complex_matrix_types
        complex_scalar_types complex_types complex_vector_types complex_dtypes
    """,
    "theano.tensor.nnet": """
        CrossentropyCategorical1Hot CrossentropyCategorical1HotGrad CrossentropySoftmax1HotWithBiasDx
        CrossentropySoftmaxArgmax1HotWithBias LogSoftmax Prepend_scalar_constant_to_each_row
        Prepend_scalar_to_each_row Softmax SoftmaxGrad SoftmaxWithBias crossentropy_categorical_1hot_grad
        crossentropy_softmax_1hot_with_bias_dx crossentropy_softmax_max_and_argmax_1hot_with_bias
        crossentropy_to_crossentropy_with_softmax crossentropy_to_crossentropy_with_softmax_with_bias
        graph_merge_softmax_with_crossentropy_softmax scalar_sigmoid sigmoid_inplace softmax_grad
        softmax_simplifier
    """,
    "theano.tensor.slinalg": """
        Apply MATRIX_STRUCTURES Op as_tensor_variable imported_scipy
    """,
    "theano.tensor.nlinalg": """
        Apply DisconnectedType Op as_tensor_variable
    """,
    "theano.tensor.extra_ops": """
        Apply COp DisconnectedType EnumList Generic LOCAL_BITWIDTH Op PYTHON_INT_BITWIDTH ParamsType bartlett_
        broadcast_shape broadcast_shape_iter disconnected_type equal_computations fill_diagonal_
        fill_diagonal_offset_ grad_undefined int_t upcast
    """,
}


def missing(module: str) -> Callable[[str], Any]:
    """A module's ``__getattr__`` that refuses Theano's names with the alternative, and others as unknown.

    Parameters
    ----------
    module
        Theano's name of the module.
    """
    machinery = "nothing: this is a part of how Theano works inside, and has no counterpart"
    alternatives = dict.fromkeys(_INTERNAL.get(module, "").split(), machinery)
    alternatives |= {name: text for text, names in _MISSING.get(module, {}).items() for name in names.split()}

    def getattribute(name: str) -> Any:
        if name in alternatives:
            raise NotSupported(f"{module}.{name} is not available; instead: {alternatives[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return getattribute
