"""When two evaluations of one model count as equal, each number with its derivation.

Both sides compute in double precision, ``eps = 2**-52``. A sum of ``n`` terms, each accurate to some ``eps``, is
accurate to a few ``eps`` times the sum of the absolute terms: for ten thousand rows about 1e-12 relative. That is far
below what follows; what follows is there because PyMC3 is *not* in double precision everywhere. Theano gives
``log(2)``, ``sqrt(2.)`` or ``log(b - a)`` of Python numbers the type float32, also when ``floatX`` is float64, and
folds them. Such a constant is wrong by up to half a unit in its last place: for numbers in [1/2, 1) by 3.0e-8 (2**-25),
in [1, 2) by 6.0e-8. Those that PyMC3 really uses are wrong, per element, by 1.9e-9 (``log 2``: half Cauchy, half
Student t), 3.8e-9 (the Jacobian of an interval from -1 to 3) and at most 1.8e-8 (normalisers with ``sqrt 2``).
"""

from __future__ import annotations

#: |a - b| <= LOGP * max(1, |b|) for the log density ``b`` of PyMC3, and for each of its terms. Where all terms are so,
#: their sum is allowed LOGP times the absolute ones: far out, some of 1e119 may cancel to 1e117. In the priors of a
#: model a few such constants come together: two interval Jacobians, or five half Cauchys, are still below 1e-8
#: absolute. In a likelihood of ``n`` rows an error ``d`` of every row sums to ``n d``, and the log density to ``n``
#: times the mean row, so relatively it is ``d / |mean row|``: for the log-2 families below 1e-8 as soon as the mean row
#: exceeds 0.2. Where it is not, see FLOAT32_CONSTANT.
LOGP = 1e-8

#: |a - b| <= GRADIENT * max(1, max |b|) for each value variable. The constants above mostly drop out of gradients. One
#: under an error function (``sqrt 2``) scales its argument by 1 + 1.7e-8, and in a tail, where the logarithm goes with
#: the square of the argument, the slope by twice that.
GRADIENT = 1e-7

#: Per element of the model: a *constant* offset of this size, with equal gradients, is PyMC3's float32 and not the
#: rewrite. It is the largest error per element that was measured (1.8e-8), rounded up. Larger constants have larger
#: errors: ``gammaln(21)`` of ``pm.Binomial(n=20)``, which Theano computes in float32, is 42.3, and off by up to half a
#: unit in its last place, 1.9e-6. Where the reference finds such constants in the graph of a model, half a unit in the
#: last place of each, times the elements, is allowed. A constant changes no posterior; it is still reported as what it
#: is, with a verdict of its own.
FLOAT32_CONSTANT = 2e-8

#: |a - b| <= TEST_POINT * max(1, |b|) for the start values of the drop-in. A start value may be computed in float32
#: (the mean of a half normal has a root of Python numbers): relative 2**-24 for each of a root, a product and a
#: quotient, and one more for the logarithm that makes it unconstrained.
TEST_POINT = 4 * 2.0**-24

#: |a - b| <= VALUE * max(1, max |b|) for a deterministic or constrained value. The same float32 constants of Theano are
#: in such values, and here nothing sums them: a root, a product and a quotient of them, as for start values.
VALUE = 4 * 2.0**-24
