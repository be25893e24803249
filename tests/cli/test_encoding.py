"""Bytes in, bytes out: coding cookies, byte-order marks, line ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from pm_migrate.codemod.encoding import decode_python, mentions_pymc3
from pm_migrate.errors import SourceError

from .conftest import Run

IMPORT, REPLACED = b"import pymc3 as pm", b"from pm_migrate import pymc4 as pm"


@pytest.mark.parametrize(
    "data",
    [
        b"import pymc3 as pm\nx = '\xc3\xa9 \xe2\x82\xac'\n",
        b"# -*- coding: latin-1 -*-\nimport pymc3 as pm\nx = '\xe9'\n",
        b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\nimport pymc3 as pm\nx = '\x80'\n",
        b"# coding: shift_jis\nimport pymc3 as pm\nx = '\x83\x5c'\n",
        b"\xef\xbb\xbfimport pymc3 as pm\n",
        b"\xef\xbb\xbf# coding: utf-8\nimport pymc3 as pm\n",
        b"import pymc3 as pm\r\nx = '''a\r\nb'''\r\n",
        b"import pymc3 as pm\rx = 1\r",
        b"import pymc3 as pm\r\nx = 1\ny = '''\r'''\n",
        b"import pymc3 as pm\n\x0c\nx = 1",
        b"import pymc3 as pm\nx = '\xe2\x80\xa8\x0b'\n",
        b"import pymc3 as pm",
        b"\n\n  \nimport pymc3 as pm\n\n\n",
        b"import pymc3 as pm\nif 1:\n\tx = 1 \\\n\t+ 2  \n",
    ],
)
def test_only_the_edit_differs(folder: Path, run: Run, data: bytes) -> None:
    Path("a.py").write_bytes(data)
    assert run("a.py").exit_code == 0
    assert Path("a.py").read_bytes() == data.replace(IMPORT, REPLACED)


def test_text_that_the_encoding_cannot_express_is_an_error() -> None:
    decoded = decode_python(b"# coding: latin-1\nx = 1\n")
    with pytest.raises(SourceError, match="cannot be written in the file's encoding"):
        decoded.encode("x = '\u20ac'\n")


def test_uniform_line_ends_are_hidden_and_mixed_ones_kept() -> None:
    assert decode_python(b"a\r\nb\r\n").text == "a\nb\n"
    assert decode_python(b"a\r\nb\n").text == "a\r\nb\n"


def test_mentions() -> None:
    assert mentions_pymc3(b"x = 1  # PYMC3, theano")
    assert mentions_pymc3("import pymc3".encode("utf-16-be"))
    assert not mentions_pymc3(b"import pymc as pm")
