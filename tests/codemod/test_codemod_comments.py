"""The comments of a program, against those of the standard library's tokenizer."""

from __future__ import annotations

import tokenize
from pathlib import Path

import pytest

import pm_migrate
from pm_migrate.codemod import comments as module
from pm_migrate.codemod.comments import comments

ODD = {
    "none": "x = 1\n",
    "in a text": "x = '# no' + \"# no\"  # yes\n",
    "in a long text": 'x = """a " # no\n# no \\""" # no""" # yes\n',
    "in a long text of the other kind": "x = '''it's # no''' # yes\n",
    "after an empty text": "x = '' # yes\ny = \"\" # yes\n",
    "after a text that goes on": "x = 'a \\\n# no' # yes\n",
    "after a text that goes on, as Windows writes it": "x = 'a \\\r\n# no' # yes\r\ny = 1 # yes\r\n",
    "with quotes": "# it's \"one\n'a'  # '''two\n",
    "after a backslash at the end of a text": "x = '\\\\' # yes\n",
    "of a raw text": "x = r'\\' # no' # yes\n",
    "in brackets": "x = (  # one\n    'a'  # two\n    # three\n)\n",
    "old line ends": "x = 1 # one\r# two\ry = '# no'\r",
    "with blanks behind it": "x = 1  # one  \t\n",
    "of a template": "x = f'{a} # no' # yes\n",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_as_the_tokenizer(text: str) -> None:
    assert list(comments(text)) == list(module._tokenized(text))


def test_as_the_tokenizer_of_whole_files() -> None:
    for path in sorted(Path(pm_migrate.__file__).parent.glob("codemod/**/*.py")):
        text = path.read_text(encoding="utf-8")
        assert list(comments(text)) == list(module._tokenized(text)), path


@pytest.mark.parametrize("text", ["'''" + "a" * 100_000 + " # no", '"' + "\\" * 100_001, "'" * 100_001])
def test_what_is_no_python_takes_no_longer(text: str) -> None:
    assert [comment for _, comment in comments(text + "\n# yes\n")][-1:] == ["# yes"]


@pytest.mark.skipif("sys.version_info < (3, 12)", reason="quotes of templates do not nest")
def test_quotes_that_nest() -> None:
    text = "x = f'{a['# no']}' # yes\n"
    assert [comment for _, comment in comments(text)] == ["# yes"]


def test_the_tokenizer_says_what_is_no_python() -> None:
    with pytest.raises(tokenize.TokenError):
        list(module._tokenized("x = (  # one\n"))
