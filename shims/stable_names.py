"""Compiled functions under names that depend on what they do, and on nothing else.

TensorFlow numbers the functions of a process in the order in which they are traced, and XLA's cache on disk knows a
program by its names too: a program would be found there only by a process that traced exactly the same before it. Here
a traced function, and all functions in it, get the hash of their contents for a number. Within a process two models of
the same contents share one compiled program.

What is used of TensorFlow is below its public interface: where a version has it otherwise, the function is called as
it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import tensorflow as tf

Tensor = Any
_NUMBERED = re.compile(r"(?:^|_)([A-Za-z]+_\d+)$")
_registered: set[str] = set()


def stabilised(concrete: Any) -> Callable[..., Any]:
    """What calls a ``ConcreteFunction`` by a name made of its contents.

    Parameters
    ----------
    concrete
        The function, made by ``tf.function(..., jit_compile=True)``.

    Returns
    -------
    callable
        Takes the arguments of the function and returns its results, in the same structure.
    """
    try:
        from tensorflow.python.eager import context

        definitions = [concrete.function_def, *concrete.graph.as_graph_def().library.function]
        name, renamed = _by_contents(definitions)
        current = context.context()
        for definition in renamed:
            if definition.signature.name not in _registered:
                current.add_function_def(definition)
                _registered.add(definition.signature.name)
        call, structure, captured = current.call_function, concrete.structured_outputs, list(concrete.captured_inputs)
        count = len(tf.nest.flatten(structure))
    except (ImportError, AttributeError):
        return concrete

    # TensorFlow forgets the functions that this one was made of when nothing holds it any more
    def stable(*arguments: Any, held: Any = concrete) -> Any:
        return tf.nest.pack_sequence_as(structure, call(name.encode(), tf.nest.flatten(arguments) + captured, count))

    return stable


def _by_contents(definitions: list[Any]) -> tuple[str, list[Any]]:
    """Copies of the definitions under stable names, and the name of the first of them."""
    numbered = [found for found in map(_numbered, _in_order(definitions)) if found]
    if not numbered:
        raise AttributeError("functions are not numbered")
    places = {found: f"{found.rpartition('_')[0]}_u{i}" for i, found in enumerate(numbered)}
    plain = _renamed(definitions, places)
    digest = hashlib.sha256()
    for definition in sorted(plain, key=lambda d: str(d.signature.name)):
        digest.update(definition.SerializeToString(deterministic=True))
    own = {found: f"{place}_{digest.hexdigest()[:16]}" for found, place in places.items()}
    renamed = _renamed(definitions, own)
    return renamed[0].signature.name, renamed


def _numbered(name: str) -> str | None:
    """The last word of a function's name and its number: other names contain both."""
    found = _NUMBERED.search(name)
    return found[1] if found else None


def _in_order(definitions: list[Any]) -> list[str]:
    """Names of the functions in the order in which the first one comes to them."""
    known = {definition.signature.name: definition for definition in definitions}
    order: list[str] = []
    waiting = [definitions[0].signature.name]
    while waiting:
        name = waiting.pop()
        if name in order:
            continue
        order.append(name)
        called = [use for node in known[name].node_def for use in _functions_of(node) if use in known]
        waiting.extend(reversed(called))
    return order


def _functions_of(node: Any) -> Iterator[str]:
    yield node.op
    for key in sorted(node.attr):
        value = node.attr[key]
        if value.HasField("func"):
            yield value.func.name
        yield from (function.name for function in value.list.func)


def _renamed(definitions: list[Any], names: dict[str, str]) -> list[Any]:
    pattern = re.compile("|".join(rf"(?<![A-Za-z0-9]){re.escape(name)}(?!\d)" for name in names))

    def new(text: str) -> str:
        return pattern.sub(lambda found: names[found[0]], text)

    return [_copy(definition, new) for definition in definitions]


def _copy(definition: Any, new: Callable[[str], str]) -> Any:
    copy = type(definition)()
    copy.CopyFrom(definition)
    copy.signature.name = new(copy.signature.name)
    for argument in (*copy.signature.input_arg, *copy.signature.output_arg):
        argument.name = new(argument.name)
    for node in copy.node_def:
        node.name, node.op = new(node.name), new(node.op)
        node.input[:] = [new(name) for name in node.input]
        node.ClearField("experimental_debug_info")
        for value in node.attr.values():
            _rename_functions(value, new)
    for results in (copy.ret, copy.control_ret):
        old = dict(results)
        results.clear()
        results.update({new(key): new(value) for key, value in old.items()})
    copy.signature.control_output[:] = [new(name) for name in copy.signature.control_output]
    return copy


def _rename_functions(value: Any, new: Callable[[str], str]) -> None:
    if value.HasField("func"):
        value.func.name = new(value.func.name)
    for function in value.list.func:
        function.name = new(function.name)
