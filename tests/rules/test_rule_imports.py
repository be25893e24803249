"""Import statements in every form."""

from __future__ import annotations

import textwrap

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

BODY = "\nwith {p}Model() as m:\n    a = {p}Normal('a', 0, 1)\n    b = {p}Normal('b', {exp}(a), 1)\n"


def imports(text: str, prefix: str, exp: str = "np.exp") -> list[str]:
    """The import lines of the rewritten program."""
    result = migrate_source(textwrap.dedent(text) + BODY.format(p=prefix, exp=exp))
    assert result.references.migrated == result.references.total, result.findings
    assert not migrate_source(result.code).changed
    return [line for line in result.code.splitlines() if "import" in line]


PM = "import pm_migrate.pymc4 as pm"
TF = "import tensorflow as tf"


@pytest.mark.parametrize(
    ("before", "prefix", "exp", "expected"),
    [
        ("import numpy as np\nimport pymc3 as pm\n", "pm.", "np.exp", ["import numpy as np", PM, TF]),
        ("import pymc3\nimport numpy as np\n", "pymc3.", "np.exp", [PM, TF, "import numpy as np"]),
        ("import pymc3 as mc\n", "mc.", "mc.math.exp", ["import pm_migrate.pymc4 as mc", TF]),
        ("from pymc3 import Model, Normal, math\n", "", "math.exp", [PM, TF]),
        ("from pymc3 import *\nimport numpy as np\n", "", "np.exp", [PM, TF, "import numpy as np"]),
        ("import pymc3 as pm, numpy as np\n", "pm.", "np.exp", ["import numpy as np", PM, TF]),
        ("import pymc3 as pm\nimport theano.tensor as tt\n", "pm.", "tt.exp", [PM, TF]),
        ("import pymc3 as pm\nimport theano\n", "pm.", "theano.tensor.exp", [PM, TF]),
        ("import pymc3 as pm\nfrom theano import tensor as T, shared\n", "pm.", "T.exp", [PM, TF]),
        ("import pymc3 as pm\nfrom theano.tensor import exp\n", "pm.", "exp", [PM, TF]),
        ("import pymc3 as pm\nfrom pymc3.math import exp as e\n", "pm.", "e", [PM, TF]),
        ("import tensorflow as flow\nimport pymc3 as pm\n", "pm.", "pm.math.exp", ["import tensorflow as flow", PM]),
        (
            "import pymc3 as pm\nfrom scipy import stats\nimport theano.tensor as tt\n",
            "pm.",
            "tt.exp",
            [PM, "from scipy import stats", TF],
        ),
        (
            "import os\n\nimport pymc3 as pm\nimport seaborn as sns\n",
            "pm.",
            "pm.math.exp",
            ["import os", PM, "import seaborn as sns", TF],
        ),
        (
            "import os\n\nimport pymc3 as pm\nimport xarray\n",
            "pm.",
            "pm.math.exp",
            ["import os", PM, TF, "import xarray"],
        ),
    ],
)
def test_forms(before, prefix, exp, expected):
    assert imports(before, prefix, exp) == expected


def test_aliases_that_are_taken():
    text = "tf = az = pm = 1\nimport numpy as np\nimport pymc3\n"
    assert imports(text, "pymc3.") == [
        "import numpy as np",
        "import pm_migrate.pymc4 as pm_",
        "import tensorflow as tf_",
    ]


def test_imports_in_a_function():
    text = "def f(x):\n    import pymc3 as pm\n    import numpy as np\n"
    body = textwrap.indent(BODY.format(p="pm.", exp="np.exp"), "    ") + "    return m\n"
    code = migrate_source(text + body).code
    assert "    import pm_migrate.pymc4 as pm\n    import tensorflow as tf\n    import numpy as np\n" in code


def test_conditional_imports():
    text = "try:\n    import pymc3 as pm\nexcept ImportError:\n    pm = None\n"
    result = migrate_source(text + BODY.format(p="pm.", exp="abs"))
    assert "try:\n    import pm_migrate.pymc4 as pm\nexcept" in result.code and "yield pm.Normal" in result.code


def test_what_may_be_another_module_is_left_alone():
    text = "try:\n    import pymc3 as pm\nexcept ImportError:\n    import pymc as pm\n"
    result = migrate_source(text + BODY.format(p="pm.", exp="abs"))
    assert "yield" not in result.code and result.references.migrated == 0


def test_comments_of_imports_survive():
    text = "import pymc3 as pm  # models\n# tensors\nimport theano.tensor as tt  # unused\nx = 1\n"
    assert migrate_source(text).code == "import pm_migrate.pymc4 as pm  # models\n# tensors\n# unused\nx = 1\n"


def test_an_empty_block_is_filled():
    text = "try:\n    import theano\nexcept ImportError:\n    pass\n"
    assert migrate_source(text).code == "try:\n    pass\nexcept ImportError:\n    pass\n"


def test_theano_stays_while_it_is_used():
    text = "import theano\nimport theano.tensor as tt\nx = theano.gof.cmodule\ny = tt.dvector('y')\n"
    result = migrate_source(text)
    assert result.code.splitlines()[0] == "import theano"
    assert "import pm_migrate.shims.theano.tensor as tt\n" in result.code
    assert (result.references.total, result.references.migrated, result.references.todo) == (4, 2, 2)


@pytest.mark.parametrize(
    ("before", "use", "expected"),
    [
        ("import theano", "theano.function", "from pm_migrate.shims import theano"),
        ("import theano as th", "th.function", "from pm_migrate.shims import theano as th"),
        ("import theano.tensor as tt", "tt.dvector", "import pm_migrate.shims.theano.tensor as tt"),
        ("import theano.tensor", "theano.tensor.dvector", "from pm_migrate.shims import theano"),
        ("from theano import function as f, shared", "f", "from pm_migrate.shims.theano import function as f"),
        ("from theano.tensor import dvector", "dvector", "from pm_migrate.shims.theano.tensor import dvector"),
        ("from theano.tensor import *", "dvector", "from pm_migrate.shims.theano.tensor import *"),
        ("from theano import tensor as T", "T.dvector", "from pm_migrate.shims.theano import tensor as T"),
    ],
)
def test_symbolic_theano_is_the_drop_ins(before, use, expected):
    result = migrate_source(f"{before}\n\nx = {use}\n")
    assert result.code == f"{expected}\n\nx = {use}\n"
    assert not migrate_source(result.code).changed
    assert result.references.todo == result.references.unknown == 0


def test_symbolic_theano_beside_theanos_own():
    text = "import theano\nimport theano.tensor as tt\nx = theano.gof.cmodule\ny = theano.function([], tt.exp(1.))\n"
    code = migrate_source(text).code
    assert "y = theano4.function([], np.exp(1.))" in code
    assert "from pm_migrate.shims import theano as theano4\n" in code and "import theano\n" in code


def test_theano_from_itself():
    code = migrate_source("from theano import theano, tensor as tt\nf = theano.function([], tt.exp(1.))\n").code
    assert "from pm_migrate.shims import theano\n" in code and "f = theano.function([], np.exp(1.))" in code


def test_older_paths_of_theano():
    code = migrate_source("import theano\n\nclass A(theano.gof.Op):\n    pass\n").code
    assert code == "from pm_migrate.shims import theano\n\nclass A(theano.graph.op.Op):\n    pass\n"


def test_names_for_other_modules_stay():
    text = "from pymc3 import Normal\n__all__ = ['Normal']\n"
    result = migrate_source(text)
    assert "from pymc3 import Normal\n" in result.code
    assert [f.code for f in result.findings if f.confidence is Confidence.MANUAL] == ["PM101"]
    package = migrate_source("from pymc3 import Normal\n", path="pkg/__init__.py")
    assert package.references.todo == 1
    assert migrate_source("from pymc3 import Normal\n", path="script.py").references.migrated == 1


def test_the_module_itself_given_away_is_not_understood():
    result = migrate_source("import pymc3 as pm\nfamily = getattr(pm, name, None)\n")
    assert result.references.unknown == 1 and result.references.todo == 1
    assert "TODO(pm-migrate PM901)" in result.code


def test_the_version_is_the_new_version():
    result = migrate_source("import pymc3 as pm\nprint(pm.__version__)\n")
    assert result.code == "import pm_migrate.pymc4 as pm\nprint(pm.__version__)\n"


def test_annotations_with_the_model_class():
    result = migrate_source("import pymc3\n\ndef f(m: pymc3.Model) -> pymc3.Model:\n    return m\n")
    assert "def f(m: pm.Model) -> pm.Model:" in result.code


def test_other_names_that_look_alike():
    for text in ("pymc3 = 1\nx = pymc3\n", "import pymc3_extras\n", "from .pymc3 import Model\n", "# import pymc3\n"):
        result = migrate_source(text)
        assert not result.changed and result.references.total == 0


def test_tensorflow_comes_before_its_first_use():
    """An import of Theano further down, as in a notebook, is too late for a model above it."""
    model = "with pm.Model() as {0}:\n    x = pm.Normal('x', 0, 1)\n    pm.Deterministic('y', {1}(x))\n"
    first, second = model.format("a", "pm.math.exp"), model.format("b", "tt.exp")
    before = f"import pymc3 as pm\n\n{first}\nimport theano.tensor as tt\n\n{second}"
    after = migrate_source(before).code
    assert after.startswith("import pm_migrate.pymc4 as pm\nimport tensorflow as tf\n") and after.count("import ") == 2


def test_names_beside_the_module_need_no_import_of_their_own() -> None:
    text = "import pymc3 as pymc\nfrom pymc3.math import exp\n\nwith pymc.Model() as model:\n"
    text += "    a = pymc.Normal('a', 0, 1)\n    pymc.Potential('p', exp(a))\n"
    head = migrate_source(text).code.split("\n\n")[0]
    assert head == "import pm_migrate.pymc4 as pymc\nimport tensorflow as tf"
    first = text.replace(
        "import pymc3 as pymc\nfrom pymc3.math import exp", "from pymc3.math import exp\nimport pymc3 as pymc"
    )
    assert "import pm_migrate.pymc4 as pm\n" in migrate_source(first).code
    inner = text.replace(
        "from pymc3.math import exp\n", "def f(x):\n    from pymc3.math import exp\n    return exp(x)\n"
    )
    assert migrate_source(inner).code.count("import pm_migrate.pymc4 as ") == 2


def test_a_name_bound_from_theano_does_not_keep_its_import() -> None:
    """The class keeps PyMC3 and reads ``floatX``, which comes of the front end now."""
    text = "import pymc3 as pm\nimport theano\n\nfloatX = theano.config.floatX\n\n\n"
    text += "class Own(pm.ode.DifferentialEquation):\n    def cast(self, y):\n        return y.astype(floatX)\n"
    result = migrate_source(text)
    assert "import theano\n" not in result.code and "floatX = pm4.config.floatX" in result.code
    assert not migrate_source(result.code).changed
    kept = text.replace("astype(floatX)", "astype(theano.compiledir)")
    assert "import theano\n" in migrate_source(kept).code and not migrate_source(migrate_source(kept).code).changed


def test_a_module_that_is_imported_again_is_one():
    """As notebooks do, in each cell that needs it."""
    text = "import numpy as np\nimport pymc3 as pm\nimport theano.tensor as tt\n\n"
    text += "x = tt.as_tensor_variable([1.])\n{again}\n"
    for again in ("import numpy as np", "import numpy as np\nimport numpy as np"):
        code = migrate_source(text.format(again=again)).code
        assert "x = np.asarray([1.])" in code and "np_" not in code
    for other in ("import numpy.linalg as np", "np = 3", "from own import np", "def np():\n    pass"):
        assert "import numpy as np_" in migrate_source(text.format(again=other)).code


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("import pymc3 as pm; print(pm.__version__)", f"{TF}\n{PM}\nprint(pm.__version__)"),
        (
            "import os; os.environ['A'] = '1'; import pymc3 as pm; print(pm.__version__)  # here",
            f"{TF}\nimport os; os.environ['A'] = '1'\n{PM}\nprint(pm.__version__)  # here",
        ),
        (
            "import pymc3 as pm; import numpy as np; x = np.ones(3)  # data",
            f"{TF}\n{PM}\nimport numpy as np; x = np.ones(3)  # data",
        ),
        ("import os; import pymc3 as pm; import sys", f"{TF}\nimport os; import sys\n{PM}"),
    ],
)
def test_what_runs_on_the_line_of_an_import_runs_after_it(line, expected):
    text = f"# the libraries\n{line}\n" + BODY.format(p="pm.", exp="pm.math.exp")
    code = migrate_source(text).code
    assert code.startswith(f"# the libraries\n{expected}\n") and not migrate_source(code).changed


GUARDED = """
    import os
    # what we need
    try:
        import pymc3 as pm
        import theano.tensor as tt
    except ImportError:
        os.system("pip install it")
        import pymc3 as pm
        import theano.tensor as tt
"""


def test_handlers_import_again() -> None:
    """Where the import of the body fails, that of the handler is what gives the name."""
    again = ["import os", f"    {PM}", "    import pm_migrate.pymc4 as pm", "import tensorflow as tf"]
    found = [line for line in imports(GUARDED, "pm.", "tt.exp") if "except" not in line]
    assert found == again
    assert "# what we need\ntry:" in migrate_source(textwrap.dedent(GUARDED) + BODY.format(p="pm.", exp="tt.exp")).code


def test_imports_below_a_guarded_one_stay() -> None:
    text = "try:\n    import pymc3 as pm\nexcept ImportError:\n    install()\nimport pymc3 as pm\n"
    assert imports(text, "pm.") == [f"    {PM}", PM]
    once = "import pymc3 as pm\nif True:\n    import pymc3 as pm\n    print(pm.__version__)\n"
    assert imports(once, "pm.") == [PM]


def test_what_a_guarded_program_needs_comes_before_it() -> None:
    body = "    with pm.Model() as m:\n        a = pm.Normal('a', 0, 1)\n        b = pm.Normal('b', np.exp(a), 1)\n"
    text = f"import numpy as np\ntry:\n    import pymc3 as pm\n{body}except ImportError:\n    raise\n"
    lines = migrate_source(text).code.splitlines()
    assert lines[1:4] == [TF, "try:", f"    {PM}"]


_LATE = """import numpy as np

def f():
    return 1

{imports}
with pm.Model() as m:
    pm.Normal('x', 0, 1)
    t = pm.sample()
pm.traceplot(t)
"""


@pytest.mark.parametrize("imports", ["import pymc3 as pm\nimport arviz as az\n", "import pymc3 as pm, arviz as az\n"])
def test_arviz_next_to_the_first_import_of_pymc3_is_taken(imports):
    code = migrate_source(_LATE.format(imports=imports)).code
    assert "az.plot_trace(t)\n" in code and code.count("arviz") == 1


def test_arviz_that_is_imported_only_later_is_not_taken():
    imports = "import pymc3 as pm\nf()\nimport arviz as az\n"
    code = migrate_source(_LATE.format(imports=imports)).code
    assert "az_.plot_trace(t)\n" in code
