"""The command line. What a command needs is imported when it runs, so that ``--help`` costs next to nothing."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from pm_migrate import __version__
from pm_migrate.errors import PmMigrateError

INTERRUPTED = 130


class RewriteCommand(click.Command):
    """The main command, whose first argument may also be the name of one of its ``commands``.

    A path of that name is reached as ``./verify``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.commands: dict[str, click.Command] = {}

    def command(self, name: str, **kwargs: Any) -> Callable[[Callable[..., Any]], click.Command]:
        """Declare a further command."""

        def register(function: Callable[..., Any]) -> click.Command:
            self.commands[name] = click.command(name, **kwargs)(function)
            return self.commands[name]

        return register

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Choose the command that the arguments mean."""
        chosen = self.commands.get(args[0]) if args else None
        if chosen is None:
            return super().make_context(info_name, args, parent, **extra)
        return chosen.make_context(f"{info_name} {args[0]}", args[1:], parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the chosen command; an error on purpose becomes a message and exit code 2."""
        try:
            code = super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)
        except PmMigrateError as error:
            click.echo(f"{click.style('error', fg='red', bold=True)}: {error}", err=True)
            code = 2
        except KeyboardInterrupt:
            click.echo("interrupted; `pm-migrate undo` restores what was already rewritten, if anything", err=True)
            code = INTERRUPTED
        ctx.exit(code or 0)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the further commands."""
        with formatter.section("Commands (a file of that name is ./NAME)"):
            formatter.write_dl([(name, command.get_short_help_str(80)) for name, command in self.commands.items()])
        super().format_epilog(ctx, formatter)


def _codes(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        return ()
    from pm_migrate.commands.explain import expand_codes

    return expand_codes(values)


def _report_file(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse a report that could not be written, before anything is rewritten."""
    if value is not None:
        folder = os.path.dirname(value) or os.curdir
        if not os.path.isdir(folder):
            raise click.BadParameter(f"no such folder: {folder}")
        if os.path.isdir(value):
            raise click.BadParameter(f"{value} is a folder")
    return value


@click.command(
    cls=RewriteCommand,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 all references to PyMC3 are migrated, or there were none; 1 something is left to do; 2 an "
    "error. One bad file does not stop the others.",
)
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--diff", is_flag=True, help="Show what would change; write nothing.")
@click.option("--check", is_flag=True, help="Only say whether something would change (then exit code 1).")
@click.option("--out", metavar="DIR", help="Write the results to DIR and leave the inputs alone.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "sarif", "github", "html"]),
    default="text",
    show_default=True,
    help="Form of the report.",
)
@click.option("--output", metavar="FILE", callback=_report_file, help="Write the report to FILE.")
@click.option("--select", multiple=True, metavar="CODES", callback=_codes, help="Apply these rules only (PM201,PM3).")
@click.option("--ignore", multiple=True, metavar="CODES", callback=_codes, help="Do not apply these rules.")
@click.option("--safe-only", is_flag=True, help="Apply only edits that keep the meaning for certain.")
@click.option(
    "--names",
    type=click.Choice(["flat", "scoped"]),
    help='Variables stay "mu" (flat, the default), or become "model/mu".',
)
@click.option(
    "--runtime",
    type=click.Choice(["shims", "upstream"]),
    help="Import pm_migrate.pymc4 (shims, the default), or the old alpha of pymc4.",
)
@click.option("--verify", "verify_", is_flag=True, help="Run originals under PyMC3 and compare (runs their code).")
@click.option("--jobs", type=click.IntRange(min=1), metavar="N", help="Number of processes.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out paths (syntax of .gitignore).")
@click.option("--statistics", is_flag=True, help="Count the findings by code.")
@click.option("--quiet", is_flag=True, help="Print errors only, and what --diff or --format ask for.")
@click.version_option(__version__, package_name="pm-migrate")
def cli(
    paths: tuple[str, ...],
    diff: bool,
    check: bool,
    out: str | None,
    format_: str,
    output: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    safe_only: bool,
    names: str | None,
    runtime: str | None,
    verify_: bool,
    jobs: int | None,
    exclude: tuple[str, ...],
    statistics: bool,
    quiet: bool,
) -> int:
    """Rewrite PyMC3 programs as generator models on TensorFlow Probability.

    PATH is a Python file, a Jupyter notebook, a Markdown, Quarto or R Markdown file with Python code, a folder to
    search for them (leaving out what .gitignore names), or - for standard input to standard output. Files are rewritten
    in place; `pm-migrate undo` restores them. [tool.pm-migrate] in pyproject.toml sets defaults for a project.
    """
    modes = [name for name, wanted in (("diff", diff), ("check", check), ("out", out is not None)) if wanted]
    if len(modes) > 1:
        raise click.UsageError(f"{' and '.join(f'--{name}' for name in modes)} exclude each other")
    if "-" in paths and len(paths) > 1:
        raise click.UsageError("- (standard input) cannot be combined with other paths")
    if "-" in paths and out is not None:
        raise click.UsageError("- goes to standard output, not to --out")
    from dataclasses import replace

    from pm_migrate.commands.config import find_config
    from pm_migrate.commands.rewrite import Settings, rewrite

    config = find_config(paths)
    given: dict[str, Any] = {"names": names, "runtime": runtime, "select": select, "ignore": ignore}
    options = replace(config.options(), safe_only=safe_only, **{key: value for key, value in given.items() if value})
    chosen: Any = modes[0] if modes else "write"
    return rewrite(
        Settings(paths, chosen, out, format_, output, options, verify_, jobs, exclude, quiet, statistics, config),
    )


@cli.command("verify")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--drop-in", is_flag=True, help="Compare the originals on the shims only, without a rewrite.")
@click.option("--no-drop-in", is_flag=True, help="Compare the rewrite only, not the original on the shims.")
@click.option(
    "--against", metavar="REV", help="Originals of rewritten files: from a git revision, or `journal` (undo)."
)
@click.option("--args", "arguments", metavar="JSON", help="Arguments for PATH::FUNCTION: a list, or keywords.")
@click.option("--name", "names", multiple=True, metavar="OLD=NEW", help="A model or variable whose name changed.")
@click.option("--cwd", metavar="DIR", help="Folder to run the programs in (default: that of each file).")
@click.option("--argv", metavar="WORDS", default="", help="Command line of the programs, in one string.")
@click.option("--points", type=click.IntRange(min=1), default=10, show_default=True, help="Points of each kind.")
@click.option("--at", metavar="KINDS", help="Kinds of points (default: test,near,prior,posterior,tails).")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the points.")
@click.option("--posterior", is_flag=True, help="Compare short runs of both samplers, too.")
@click.option(
    "--error-rate",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.001,
    show_default=True,
    help="Of --posterior: how often equal ones may be called different.",
)
@click.option("--draws", type=click.IntRange(min=100), default=1000, show_default=True, help="Of --posterior, a chain.")
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=180.0, show_default=True, help="Seconds."
)
@click.option("--memory", type=click.FloatRange(min=0, min_open=True), metavar="GIB", help="Limit for each program.")
@click.option("--jobs", type=click.IntRange(min=1), help="Programs at a time (default: 1; on a cluster, its cores).")
@click.option("--device", metavar="DEVICE", help="Where TensorFlow evaluates: CPU:0 (the default) or GPU:0.")
@click.option(
    "--executor",
    type=click.Choice(["local", "dask", "ray"]),
    default="local",
    show_default=True,
    help="Where programs are verified: here, or on a cluster.",
)
@click.option(
    "--executor-address", metavar="ADDRESS", help="A cluster that is there (tcp://HOST:8786, ray://HOST:10001)."
)
@click.option("--reference-python", metavar="PATH", help="An interpreter that has PyMC3.")
@click.option("--format", "format_", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@click.option("--output", metavar="FILE", callback=_report_file, help="Write the report to FILE.")
@click.option("--html", metavar="FILE", callback=_report_file, help="Write the proof to FILE, a page to sign off.")
@click.option("--quiet", is_flag=True, help="Print only what is not equal, and what --format asks for.")
def verify_command(
    paths: tuple[str, ...],
    drop_in: bool,
    no_drop_in: bool,
    against: str | None,
    arguments: str | None,
    names: tuple[str, ...],
    cwd: str | None,
    argv: str,
    points: int,
    at: str | None,
    seed: int,
    posterior: bool,
    error_rate: float,
    draws: int,
    timeout: float,
    memory: float | None,
    jobs: int | None,
    device: str | None,
    executor: str,
    executor_address: str | None,
    reference_python: str | None,
    format_: str,
    output: str | None,
    html: str | None,
    quiet: bool,
) -> int:
    """Prove programs equal: log density and gradient, against PyMC3.

    PATH... is an original, a folder of them (or of pairs before.py and after.py), or exactly two files: the original
    and its rewrite. A file that was rewritten is compared with its original, from the journal of undo or from git.
    FILE::FUNCTION calls a function that makes models. The code of the programs is run, in processes of their own.
    """
    if drop_in and no_drop_in:
        raise click.UsageError("--drop-in and --no-drop-in exclude each other")
    if cwd is not None and not os.path.isdir(cwd):
        raise click.UsageError(f"--cwd {cwd}: no such folder")
    import shlex

    from pm_migrate.commands.verify import Choices, verify
    from pm_migrate.commands.verify_options import parse_arguments, parse_device, parse_kinds, parse_names

    task: dict[str, Any] = {
        "arguments": parse_arguments(arguments),
        "names": parse_names(names),
        "cwd": os.path.abspath(cwd) if cwd else None,
        "argv": shlex.split(argv),
        "points": points,
        "seed": seed,
        **({"at": parse_kinds(at)} if at else {}),
        "posterior": posterior,
        "error_rate": error_rate,
        "draws": draws,
        "timeout": timeout,
        "memory": int(memory * 2**30) if memory else None,
        "python": reference_python,
        "device": parse_device(device),
    }
    roads = "drop-in" if drop_in else "rewrite" if no_drop_in else "both"
    return verify(paths, Choices(task, roads, against, format_, output, html, jobs, executor, executor_address, quiet))


@cli.command("run", context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("script")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[ARGS]...")
def run_command(script: str, arguments: tuple[str, ...]) -> int:
    """Run a PyMC3 program or notebook, unedited, on TensorFlow Probability."""
    from pm_migrate.commands.run import run

    return run(script, arguments)


@cli.command("explain")
@click.argument("code", required=False)
def explain_command(code: str | None) -> int:
    """Say what a finding code means; without one, list all."""
    from pm_migrate.commands.explain import explain

    return explain(code)


@cli.command("undo")
@click.argument("path", default=os.curdir, metavar="[FOLDER]")
@click.option("--force", is_flag=True, help="Restore files that changed since, too; use a journal of another user.")
def undo_command(path: str, force: bool) -> int:
    """Restore the files of the newest run recorded here or above.

    Undoing again goes one run further back.
    """
    from pm_migrate.commands.undo import undo

    return undo(path, force=force)


@cli.command("reference")
@click.argument("action", type=click.Choice(["install", "status"]))
def reference_command(action: str) -> int:
    """Build (install) or show (status) the interpreter for PyMC3."""
    from pm_migrate.commands import reference

    return reference.install() if action == "install" else reference.status()


if __name__ == "__main__":
    sys.exit(cli())
