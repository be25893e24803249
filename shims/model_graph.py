"""A model as a directed graph, and its drawing (``pymc3.model_graph``)."""

from __future__ import annotations

from typing import Any

from pm_migrate.shims.model import ObservedRV, modelcontext
from pm_migrate.shims.theano.graph import SharedVariable, Variable
from pm_migrate.shims.util import get_default_varnames, get_var_name


class ModelGraph:
    """The variables of a model and how they depend on each other.

    Parameters
    ----------
    model
        The model.

    Attributes
    ----------
    var_names : list of str
        Names of all variables, those of unconstrained values left out.
    """

    def __init__(self, model: Any) -> None:
        self.model = model
        self.var_names = get_default_varnames(model.named_vars, include_transformed=False)
        self.var_list = list(model.named_vars.values())
        self.transform_map = {v.transformed: v.name for v in self.var_list if hasattr(v, "transformed")}

    def get_deterministics(self, var: Any) -> list[Any]:
        """The deterministics of the model besides ``var``."""
        return [v for v in self.var_list if v is not var and not hasattr(v, "transformed") and not hasattr(v, "logpt")]

    def _get_ancestors(self, var: Any, func: Variable) -> set[Variable]:
        """The variables of the model that an expression is directly made of, ``var`` aside."""
        variables = set(self.var_list) - {var}
        found: set[Variable] = set()
        seen: set[Variable] = set()
        stack = [func]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in variables:
                found.add(node)
            elif node.owner is not None:
                stack.extend(node.owner.inputs)
        return found

    def get_parents(self, var: Any) -> set[str]:
        """Names of the variables that a variable directly depends on."""
        if hasattr(var, "transformed"):
            expression = var.transformed.logpt
        else:
            expression = var.logpt if hasattr(var, "logpt") else var
        keep = set()
        for parent in self._get_ancestors(var, expression):
            if parent in self.transform_map:
                if self.transform_map[parent] != var.name:
                    keep.add(self.transform_map[parent])
            elif parent.name in self.var_names:
                keep.add(str(parent.name))
            else:
                raise AssertionError(f"Do not know what to do with {get_var_name(parent)}")
        return keep

    def make_compute_graph(self) -> dict[str, set[str]]:
        """Names of direct parents by name; data point from an observed variable to their container."""
        edges: dict[str, set[str]] = {}
        for name in self.var_names:
            var = self.model[name]
            edges[name] = edges.get(name, set()) | self.get_parents(var)
            data = getattr(getattr(var, "observations", None), "name", None) if isinstance(var, ObservedRV) else None
            if data:
                edges[name] -= {data}
                edges[data] = edges.get(data, set()) | {name}
        return edges

    def get_plates(self) -> dict[tuple[int, ...], set[str]]:
        """Names by the shape of one value; variables of one shape are drawn in one box."""
        plates: dict[tuple[int, ...], set[str]] = {}
        for name in self.var_names:
            var = self.model[name]
            shape = tuple(getattr(var, "dshape", None) or var.tag.test_value.shape)
            if isinstance(var, SharedVariable):
                shape = var.data.shape
            elif isinstance(getattr(var, "observations", None), SharedVariable):
                shape = var.observations.data.shape
            plates.setdefault(() if shape == (1,) else shape, set()).add(name)
        return plates

    def _make_node(self, name: str, graph: Any, *, formatting: str = "plain") -> None:
        """Add a variable to a drawing."""
        var = self.model[name]
        potential = any(var is p for p in self.model.potentials)
        data = isinstance(var, SharedVariable)
        attributes = {}
        if isinstance(var, ObservedRV):
            attributes["style"] = "filled"
        if data:
            attributes["style"] = "rounded, filled"
        if potential:
            attributes["shape"] = "octagon"
        elif data or not hasattr(var, "distribution"):
            attributes["shape"] = "box"
        if potential or data:
            label = f"{name}\n~\n{'Potential' if potential else 'Data'}"
        else:
            label = var._str_repr(formatting=formatting).replace(" ~ ", "\n~\n")
        graph.node(name.replace(":", "&"), label, **attributes)

    def make_graph(self, formatting: str = "plain") -> Any:
        """The drawing, a ``graphviz.Digraph``.

        Raises
        ------
        ImportError
            Without the Python package ``graphviz``.
        """
        try:
            import graphviz
        except ImportError:
            raise ImportError(
                "This function requires the python library graphviz, along with binaries. Install them with "
                "'conda install -c conda-forge python-graphviz', or the binaries from https://graphviz.org and "
                "'pip install graphviz'"
            ) from None
        graph = graphviz.Digraph(self.model.name)
        for shape, names in self.get_plates().items():
            label = " x ".join(f"{n:,d}" for n in shape)
            if not label:
                for name in sorted(names):
                    self._make_node(name, graph, formatting=formatting)
                continue
            # a box is only drawn around a subgraph whose name begins with 'cluster'
            with graph.subgraph(name="cluster" + label) as box:
                for name in sorted(names):
                    self._make_node(name, box, formatting=formatting)
                box.attr(label=label, labeljust="r", labelloc="b", style="rounded")
        for child, parents in self.make_compute_graph().items():
            for parent in sorted(parents):
                graph.edge(parent.replace(":", "&"), child.replace(":", "&"))
        return graph


def model_to_graphviz(model: Any = None, *, formatting: str = "plain") -> Any:
    """Draw a model with graphviz.

    Parameters
    ----------
    model
        The model; the open one by default.
    formatting
        ``plain``, or ``plain_with_params`` for the parameters of each distribution.

    Returns
    -------
    graphviz.Digraph

    Raises
    ------
    ValueError
        For another formatting.
    """
    if "plain" not in formatting:
        raise ValueError(
            f"Unsupported formatting for graph nodes: {formatting!r}; it is 'plain' or 'plain_with_params'."
        )
    return ModelGraph(modelcontext(model)).make_graph(formatting=formatting)
