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
        "write the function with theano.grad": "Lop Rop subgraph_grad sparse_grad",
        "leave it out: graphs are compiled by TensorFlow": """
            Mode FunctionMaker ProfileStats Out checkpoints function_dump link predefined_linkers
            predefined_modes predefined_optimizers misc p scalar graph OrderedUpdates
        """,
        "print(x.tag.test_value), or x.eval()": "pp pprint printing",
        "scipy.sparse matrices converted with .toarray()": "sparse",
    },
    "theano.tensor": {
        "an Op of pm_migrate.shims.theano.graph, with an implementation in TensorFlow": """
            ARange AdvancedIncSubtensor AdvancedIncSubtensor1 AdvancedSubtensor AdvancedSubtensor1
            Alloc AllocDiag AllocEmpty Apply Argmax CAReduce COp CType Choose Default DiffOp
            DimShuffle DisconnectedType Dot Elemwise ExtractDiag Eye Flatten Generic IncSubtensor
            Join LoadFromDisk MakeSlice Max MaxAndArgmax Mean Min Nonzero Op ParamsType
            PermuteRowElements Rebroadcast Reshape ScalarFromTensor Shape SpecifyShape Split
            Subtensor Sum Tensor TensorFromScalar Tile Tri Type elemwise
        """,
        "tt.sort, and a slice of it": "topk argtopk topk_and_argtopk",
        "tt.switch, or indexing with stacked choices": "choose",
        "tfp.math or scipy.special on data, or a formula with tt.i0, tt.i1 and tt.gammaln": """
            iv jv gammau gammal xlogx
        """,
        "np.bincount on data, or a sum of tt.eq": "bincount",
        "arithmetic on x // n and x % n": "ravel_multi_index unravel_index inverse_permutation permute_row_elements",
        "tt.dot(x.T, x) of centred columns": "cov",
        "np.bartlett": "bartlett",
        "real arithmetic on two tensors": """
            angle complex complex_from_polar conj imag real cmatrix cscalar cvector crow ccol
            ctensor3 ctensor4 ctensor5 ctensor6 ctensor7 zmatrix zscalar zvector zrow zcol
            ztensor3 ztensor4 ztensor5 ztensor6 ztensor7
        """,
        "np.mgrid and np.ogrid": "mgrid ogrid",
        "theano.grad": "Lop Rop numeric_grad verify_grad grad_not_implemented grad_undefined",
        "pm distributions inside the model": "random shared_randomstreams",
        "int(x.eval())": "get_scalar_constant_value extract_constant get_vector_length",
        "leave it out: there is one kind of device and of memory": """
            transfer register_transfer recv send irecv isend load io opt opt_uncanonicalize blas
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
            confusion_matrix prepend_0_to_each_row prepend_1_to_each_row prepend_scalar_to_each_row
            logsoftmax_op
        """,
    },
    "theano.tensor.slinalg": {
        "tt.nlinalg.eigh of the matrix multiplied by the inverse Cholesky factor": "Eigvalsh eigvalsh EigvalshGrad",
        "tt.slinalg.cholesky and expm": "CholeskyGrad Expm ExpmGrad",
    },
    "theano.tensor.nlinalg": {
        "tt.nlinalg.eigh for a symmetric matrix": "Eig eig",
        "tt.nlinalg.matrix_inverse after a reshape": "TensorInv TensorSolve tensorinv tensorsolve",
        "tt.slinalg.solve of the normal equations": "lstsq",
        "the function of the same name in lower case": """
            AllocDiag Det Eigh EighGrad ExtractDiag MatrixInverse MatrixPinv QRFull QRIncomplete SVD
        """,
    },
    "theano.tensor.extra_ops": {
        "np.bincount on data, or a sum of tt.eq": "bincount",
        "np.searchsorted on data, or tt.sum(x < v)": "searchsorted SearchsortedOp",
        "np.unique on data": "Unique",
        "arithmetic on x // n and x % n": "ravel_multi_index unravel_index RavelMultiIndex UnravelIndex",
        "np.bartlett": "bartlett Bartlett",
        "leave it out": "cpu_contiguous CpuContiguous",
        "the function of the same name in lower case": """
            CumOp CumsumOp CumprodOp DiffOp FillDiagonal FillDiagonalOffset RepeatOp BroadcastTo
        """,
    },
}

#: Theano's own machinery, which it exports with the rest.
_INTERNAL: dict[str, str] = {
    "theano": """
        deprecated disable_log_handler rpath get_scalar_constant_value
    """,
    "theano.tensor": """
        AdvancedIndexingError Constant EmptyConstantError MPIRecv MPIRecvWait MPISend MPISendWait
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
    alternatives = dict.fromkeys(_INTERNAL[module].split(), machinery)
    alternatives |= {name: text for text, names in _MISSING[module].items() for name in names.split()}

    def getattribute(name: str) -> Any:
        if name in alternatives:
            raise NotSupported(f"{module}.{name} is not available; instead: {alternatives[name]}")
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return getattribute
