"""Code of a block that changes what its model reads, and functions of a model that change or read what others do."""

from __future__ import annotations

import pytest

from pm_migrate.codemod import migrate_source
from pm_migrate.findings import Confidence

HEAD = (
    "import numpy as np\nimport pymc3 as pm\n\ndata = np.array([0.1, 0.5, 0.2])\nstate = {'n': 1.0}\nn = 1.0\n\n"
    "def line(x, k):\n    return k * x * state['n'] * n\n\ndef bump():\n    state['n'] = 2.0\n\n"
)
FIRST = "with pm.Model() as m:\n    k = pm.Normal('k', 0, 1)\n    pm.Normal('y1', line(2.0, k), 1, observed=data)\n"
LAST = "    pm.Normal('y2', line(2.0, k), 1, observed=data)\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FIRST + "    bump()\n" + LAST, id="a function changes an object"),
        pytest.param(HEAD + FIRST + "    state['n'] = 2.0\n" + LAST, id="an object is changed"),
        pytest.param(HEAD + FIRST + "    state.update(n=2.0)\n" + LAST, id="by a method"),
        pytest.param(HEAD + FIRST + "    n = 2.0\n" + LAST, id="a name that a function reads is bound"),
        pytest.param(
            HEAD + "def fix(some):\n    some['n'] = 2.0\n\n" + FIRST + "    fix(state)\n" + LAST,
            id="what a call is given",
        ),
        pytest.param(
            HEAD + FIRST.replace("line(2.0, k)", "k * state['n']") + "    bump()\n" + LAST,
            id="read by the model itself",
        ),
        pytest.param(
            HEAD + "def reset():\n    global k\n    k = 3.0\n\ndef line(x):\n    return k * x\n\n"
            "with pm.Model() as m:\n    k = pm.Normal('k', 0, 1)\n    reset()\n"
            "    pm.Normal('y', line(2.0), 1, observed=data)\n",
            id="a name of the model is bound by a function",
        ),
        pytest.param(
            HEAD
            + "def load():\n    state['n'] = 2.0\n    return np.random.normal(size=3)\n\n"
            + FIRST
            + "    pm.Normal('y2', k, 1, observed=load())\n",
            id="a call that gives data changes an object",
        ),
    ],
)
def test_what_would_change_the_model_above_it_keeps_the_model(text: str) -> None:
    result = migrate_source(text)
    added = [line for line in result.code.splitlines() if line not in text.splitlines()]
    assert added and all("TODO(pm-migrate PM205)" in line for line in added)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(HEAD + FIRST + "    print(data.mean())\n" + LAST, id="nothing is changed"),
        pytest.param(HEAD + FIRST + "    other = {'n': 1}\n    other['n'] = 3.0\n" + LAST, id="another object"),
        pytest.param(
            HEAD + "with pm.Model() as m:\n    k = pm.Normal('k', 0, 1)\n    bump()\n" + LAST, id="read below it alone"
        ),
        pytest.param(
            HEAD + "def label(n):\n    return n\n\n" + FIRST.replace("line(2.0, k)", "k * label(2)") + "    n = 2.0\n"
            "    pm.Normal('y2', k, n, observed=data)\n",
            id="a parameter of that name",
        ),
        pytest.param(
            "import pandas as pd\n"
            + HEAD
            + "df = pd.DataFrame({'a': data})\n"
            + FIRST.replace("=data", "=df.a")
            + "    df['b'] = df.a - df.a.mean()\n    pm.Normal('y2', k, 1, observed=df['b'])\n",
            id="another column",
        ),
    ],
)
def test_what_changes_nothing_of_the_model_runs_once_in_front(text: str) -> None:
    result = migrate_source(text)
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE], result.findings
    assert "yield pm.Normal('y2'" in result.code


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(HEAD + FIRST + "\nstate['n'] = 2.0\n", "state['n'] = 2.0", id="below the model"),
        pytest.param(HEAD + FIRST + "\nbump()\n", "    state['n'] = 2.0", id="by a function called below"),
        pytest.param(
            HEAD + "calls = []\n\ndef line(x, k):\n    calls.append(x)\n    return k * x\n\n" + FIRST,
            "    calls.append(x)",
            id="by the function itself",
        ),
        pytest.param(HEAD + FIRST + "\nprint(bump)\n", "    state['n'] = 2.0", id="by a function handed on below"),
    ],
)
def test_what_functions_of_a_model_read_and_other_code_changes_is_for_review(text: str, line: str) -> None:
    (found,) = [f for f in migrate_source(text).findings if f.confidence is not Confidence.SAFE]
    assert (found.code, found.confidence) == ("PM205", Confidence.REVIEW)
    assert text.splitlines()[found.line - 1] == line


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("bump()\n" + HEAD.split("def bump")[0] + FIRST, id="no such function"),
        pytest.param(HEAD + "bump()\n" + FIRST, id="called above"),
        pytest.param(HEAD + FIRST + "\nother = {}\nother['n'] = 2.0\n", id="another object below"),
        pytest.param(
            HEAD
            + "def bare(k):\n    seen = []\n    seen.append(1)\n    return k\n\n"
            + FIRST.replace("line(2.0, k)", "bare(k)"),
            id="an object of the function's own",
        ),
        pytest.param(
            "import theano\nimport theano.tensor as tt\n"
            + HEAD
            + "@theano.compile.ops.as_op(itypes=[tt.dscalar], otypes=[tt.dscalar])\n"
            "def bare(k):\n    state['n'] = float(k)\n    return np.array(state['n'])\n\n"
            + FIRST.replace("line(2.0, k)", "bare(k)"),
            id="an operation of Theano's, which ran at every evaluation before",
        ),
    ],
)
def test_what_stays_without_a_word(text: str) -> None:
    assert not [f for f in migrate_source(text).findings if f.code == "PM205"]


IN_FUNCTION = (
    "import numpy as np\nimport pandas as pd\nimport pymc3 as pm\n\nX = table.copy()\n\ndef fit(y):\n"
    "    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n"
    "        pm.Normal('y', k * X['a'], 1, observed=y)\n        return pm.sample()\n\n"
)
IN_LOOP = (
    "import numpy as np\nimport pymc3 as pm\n\nresults = []\nfor y in many:\n    X = {}\n    X['a'] = y\n"
    "    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n        pm.Normal('y', k * X['a'], 1, observed=y)\n"
    "        results.append(pm.sample())\n"
)


@pytest.mark.parametrize(
    "text",
    [
        IN_FUNCTION + "fit(y)\nX = table.drop('b')\nX['a'] = 2.0\n",
        IN_FUNCTION + "for y in many:\n    fit(y)\nfor y in many:\n    X = y.copy()\n    X['a'] = 2.0\n",
        IN_LOOP.replace("{}", "table.drop(['b'])"),
        IN_LOOP.replace("{}", "table * 2").replace("X['a'] =", "X.loc[3, 'a'] ="),
        IN_LOOP,
    ],
)
def test_a_change_of_another_object(text: str) -> None:
    assert not [f for f in migrate_source(text).findings if f.code == "PM205"]


@pytest.mark.parametrize(
    "text",
    [
        IN_FUNCTION + "fit(y)\nX['a'] = 2.0\n",
        IN_FUNCTION + "X = table.drop('b')\nfit(y)\nX['a'] = 2.0\n",
        IN_FUNCTION + "for y in many:\n    fit(y)\n    X = y.copy()\n    X['a'] = 2.0\n",
        IN_FUNCTION + "fit(y)\nX = table.drop('b')\nX['a'] = 2.0\nfit(y)\n",
        IN_FUNCTION + "def more():\n    return fit(y)\n\nmore()\nX = table.drop('b')\nX['a'] = 2.0\n",
        IN_LOOP.replace("{}", "table"),
        IN_LOOP.replace("{}", "np.asarray(table)"),
        IN_LOOP.replace("{}", "table.drop('b', copy=False)"),
        IN_LOOP.replace("{}", "dict(table)").replace("X['a'] =", "X['a'][0] ="),
        IN_LOOP.replace("    X = {}", "    if y:\n        X = {}"),
    ],
)
def test_a_change_that_may_be_of_the_same_object(text: str) -> None:
    (found,) = [f for f in migrate_source(text).findings if f.code == "PM205"]
    assert found.confidence is Confidence.REVIEW


def test_what_runs_once_keeps_its_order() -> None:
    """Draws of the program's own stay in the order that its seed was meant for."""
    text = (
        HEAD + "with pm.Model() as m:\n    k = pm.Normal('k', 0, 1)\n"
        "    pm.Normal('y1', k, 1, observed=np.random.normal(size=3))\n    noise = np.random.normal(size=2)\n"
        "    pm.Normal('y2', k, 1, observed=noise)\n"
    )
    code = migrate_source(text).code
    assert code.index("np.random.normal(size=3)") < code.index("np.random.normal(size=2)") < code.index("@pm.model")


DRAWN = """\
import numpy as np
import pymc3 as pm
import scipy.stats as st
from scipy.stats import bernoulli, norm


def tossed(n):
    return bernoulli.rvs(size=n, p=0.6)


def twice(n):
    return 2 * tossed(n)


with pm.Model() as m:
    k = pm.Normal('k', 0, 1)
"""


@pytest.mark.parametrize(
    "drawn",
    [
        "norm.rvs(size=3)",
        "st.norm.rvs(size=3)",
        "st.norm(0, 1).rvs(3)",
        "tossed(3)",
        "twice(3)",
        "(lambda n: norm.rvs(size=n))(3)",
        "list(map(tossed, [1, 2]))",
        "list(map(lambda n: twice(n)[0], [1, 2]))",
        "np.apply_along_axis(np.random.permutation, 0, data)",
    ],
)
def test_data_that_are_drawn_in_a_model_are_drawn_once(drawn: str) -> None:
    result = migrate_source(DRAWN + f"    pm.Normal('y', k, 1, observed={drawn})\n")
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE], result.findings
    before, _, after = result.code.partition("@pm.model")
    assert f"= {drawn}\n" in before
    assert not any(word in after for word in ("rvs", "tossed", "twice", "random"))


@pytest.mark.parametrize(
    "lines",
    [
        "    for i in range(2):\n        pm.Normal('y%d' % i, k, 1, observed=norm.rvs(size=3))\n",
        "    for i in range(2):\n        pm.Normal('y%d' % i, k, 1, observed=twice(3))\n",
        "    for n in (2, 3):\n        pm.Normal('y%d' % n, k, 1, observed=st.norm(0, 1).rvs(n))\n",
        "    for n in map(tossed, [1, 2]):\n        pm.Normal('y%d' % n, k, 1, observed=n)\n",
        "    pm.Normal('y', k, 1, observed=map(tossed, [1, 2]))\n",
        "    pm.Normal('y', k, 1, observed=np.array([*map(tossed, [1, 2])]))\n",
        "    if data is None:\n        pm.Normal('y', k, 1, observed=tossed(3))\n",
    ],
)
def test_data_that_cannot_be_drawn_in_front_keep_the_model(lines: str) -> None:
    text = DRAWN + lines
    result = migrate_source(text)
    (found,) = [f for f in result.findings if f.confidence is not Confidence.SAFE]
    assert (found.code, found.confidence) == ("PM205", Confidence.MANUAL)
    assert "gives something else at every evaluation" in found.message


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        (
            "made = []\nfor i in (1, 5):\n    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n"
            "        pm.Normal('y', k, 1, observed=np.random.normal(size=i))\n    made.append(m)\n",
            "observed",
        ),
        (
            "made = []\nfor i in (1, 5):\n    with pm.Model() as m:\n        k = pm.Normal('k', 0, i)\n"
            "        pm.Normal('y', k, 1, observed=np.random.normal(size=i))\n    made.append(m)\n",
            "i, observed",
        ),
        (
            "class Held:\n    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n"
            "        pm.Normal('y', k, 1, observed=np.random.normal(size=3))\n",
            "observed",
        ),
        (
            "def make(i):\n    with pm.Model() as m:\n        k = pm.Normal('k', 0, 1)\n"
            "        pm.Normal('y', k, 1, observed=np.random.normal(size=i))\n    return m\n\n"
            "made = []\nfor i in (1, 5):\n    made.append(make(i))\n",
            "",
        ),
    ],
)
def test_models_of_a_loop_or_a_class_keep_the_data_they_were_drawn_with(text: str, arguments: str) -> None:
    result = migrate_source("import numpy as np\nimport pymc3 as pm\n\n" + text)
    assert "observed = np.random.normal(size=" in result.code.partition("@pm.model")[0]
    assert f"def build_m({arguments}):" in result.code
    assert f"m = build_m({arguments})" in result.code


@pytest.mark.parametrize(
    "used",
    [
        "norm.pdf(xs).sum()",
        "st.norm(0, 1).cdf(1.0)",
        "bernoulli.pmf(1, 0.6)",
        "list(map(norm.pdf, [1.0, 2.0]))",
        "sorted([2, 1], key=lambda i: -i)",
        "norm.rvs",
    ],
)
def test_what_draws_nothing_stays_in_the_model(used: str) -> None:
    result = migrate_source(DRAWN + f"    c = {used}\n    pm.Normal('y', k * norm.pdf(1.0), 1, observed=data)\n")
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE], result.findings
    assert "k * norm.pdf(1.0)" in result.code.partition("@pm.model")[2]


FRAME = (
    "import numpy as np\nimport pandas as pd\nimport pymc3 as pm\n\n"
    "df = pd.DataFrame({'x': np.arange(4.0), 'z': np.ones(4), 'g': [0, 0, 1, 1], 'y': np.arange(4.0)})\n"
    "cols = ['x', 'z']\nend = ''\n\ndef slope(frame, b):\n    return b * frame['x'].values\n\n"
    "def whole(frame, b):\n    return b * np.asarray(frame)[:, 0]\n\n"
    "with pm.Model() as m:\n    b = pm.Normal('b', 0, 1)\n    pm.Normal('new', READ, 1, observed=df['y'])\n\n"
)


@pytest.mark.parametrize(
    "read",
    [
        "b * df.x",
        "b * df['x'].values",
        "b * df[['x', 'z']].values.sum(axis=1)",
        "b * df.loc[:, 'x']",
        "b * df[df.x >= 0]['x']",
        "b * df[:4].x",
        "b * df.copy().x",
        "b * df.groupby('g').x.transform('mean')",
        "slope(df, b)",
        "slope(frame=df, b=b)",
        "b * np.arange(len(df))",
        "b * np.ones(df.shape[0])",
        "b * df.index",
    ],
)
@pytest.mark.parametrize("store", ["df['new'] = 1.0", "df.loc[:, 'new'] = 1.0", "df.new = 1.0"])
def test_a_column_that_the_model_does_not_read_may_be_set_below_it(read: str, store: str) -> None:
    result = migrate_source(FRAME.replace("READ", read) + store + "\n")
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE], result.findings
    assert "yield pm.Normal('new'" in result.code


@pytest.mark.parametrize(
    ("read", "store"),
    [
        pytest.param("b * df['x']", "df['x'] = 1.0", id="the column"),
        pytest.param("b * df.x", "df.x = 1.0", id="as an attribute"),
        pytest.param("b * df.x", "df.loc[0, 'x'] = 1.0", id="some rows of it"),
        pytest.param("b * df['x']", "df[cols[0]] = 1.0", id="a column that is computed"),
        pytest.param("b * df[cols].sum(axis=1)", "df['x'] = 1.0", id="names of columns from elsewhere"),
        pytest.param("b * df.values[:, 0]", "df['x'] = 1.0", id="all values"),
        pytest.param("b * df.iloc[:, 0]", "df['x'] = 1.0", id="by place"),
        pytest.param("b * df.shape[1]", "df['new'] = 1.0", id="how many columns"),
        pytest.param("b * len(df.columns)", "df['new'] = 1.0", id="names of the columns"),
        pytest.param("b * df[df['x'] > 1]['y']", "df['x'] = 1.0", id="rows by the column"),
        pytest.param("whole(df, b)", "df['x'] = 1.0", id="a function that reads all"),
        pytest.param("slope(df, b)", "df['x'] = 1.0", id="a function that reads the column"),
        pytest.param("(lambda b, frame=df: b * frame['x'])(b)", "df['x'] = 1.0", id="the default of an argument"),
        pytest.param("b * df['x' + end].str", "df['x'] = 1.0", id="a name that is put together"),
    ],
)
def test_a_column_that_the_model_may_read_is_for_review(read: str, store: str) -> None:
    result = migrate_source(FRAME.replace("READ", read) + store + "\n")
    (found,) = [f for f in result.findings if f.confidence is not Confidence.SAFE]
    assert (found.code, found.confidence) == ("PM205", Confidence.REVIEW)
    assert "`df` is changed in place" in found.message


def test_what_runs_once_in_front_of_the_model_does_not_read_again() -> None:
    result = migrate_source(FRAME.replace("READ", "b * df.groupby('x').ngroup()") + "df['x'] = 1.0\n")
    assert not [f for f in result.findings if f.confidence is not Confidence.SAFE]
    assert "value = df.groupby('x').ngroup()" in result.code


def test_data_of_a_linear_model_that_are_changed_below_it_are_for_review() -> None:
    text = (
        FRAME.split("with pm")[0] + "with pm.Model() as m:\n    pm.glm.GLM.from_formula('y ~ x', df)\n\ndf['x'] = 1.0\n"
    )
    (found,) = [f for f in migrate_source(text).findings if f.confidence is not Confidence.SAFE]
    assert (found.code, found.confidence) == ("PM205", Confidence.REVIEW)


def test_an_item_of_an_item_is_no_column() -> None:
    text = (
        HEAD
        + "nest = {'a': {'x': 1.0}}\n"
        + FIRST.replace("line(2.0, k)", "k * nest['a']['x']")
        + "\nnest['a']['x'] = 2.0\n"
    )
    (found,) = [f for f in migrate_source(text).findings if f.confidence is not Confidence.SAFE]
    assert found.code == "PM205"
