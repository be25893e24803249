"""What the rewriting of one program has to know of the other files of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Links:
    """Functions that create random variables for models of other files, and imports that others take.

    Parameters
    ----------
    generators
        Functions elsewhere that become generators, by their qualified names in this program (``helpers.prior``).
    kept
        Functions elsewhere that stay as they are.
    distributions
        Of both, those that are classes of distributions: a call of one is a variable.
    methods
        Methods elsewhere that create variables for their callers, which are not followed: ``helpers.Priors.make``.
    called
        Functions of this program that models of other files call.
    given_up
        Such functions that another file keeps as they are.
    reexports
        Names of other files that are PyMC3's or Theano's: qualified here (``.common.pm``), and dotted there.
    unlisted
        Names of other files, qualified here, that their ``import *`` does not give.
    unsure
        Modules here of which it cannot be seen what their ``import *`` gives.
    drawn
        Whether this program does not mention PyMC3, and may create variables by functions of others.
    exported
        Names of this program, given to PyMC3 or Theano by its imports, that other files go on to take.
    held
        Names of this program that give models which other files use.
    builders
        Functions elsewhere that give a model which is rewritten, by their qualified names in this program.
    model_classes
        Of both, those that are subclasses of ``pm.Model``, whose calls may name the model.
    unfollowed
        Functions elsewhere that give a model which stays as it is.
    shared
        Functions of this program that give a model, whose models other files know what to do with.
    filled
        Members of classes of this program that a class of another file, which one of them is derived from or the other
        way round, gives a model that is rewritten: ``Base.model``, ``Base.build()``.
    entrusted
        Members of classes of this program that are models, and of which the files of such classes know what to do.
    mentioned
        Every word of the other files that import this one.
    things
        Names of other files, qualified here, that are something else than functions and classes there.
    seen
        Modules that this program imports and whose files were looked at.
    """

    generators: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()
    distributions: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    called: frozenset[str] = frozenset()
    given_up: frozenset[str] = frozenset()
    reexports: tuple[tuple[str, str], ...] = ()
    unlisted: frozenset[str] = frozenset()
    unsure: frozenset[str] = frozenset()
    drawn: bool = False
    exported: frozenset[str] = frozenset()
    held: frozenset[str] = frozenset()
    seen: frozenset[str] = frozenset()
    things: frozenset[str] = frozenset()
    builders: frozenset[str] = frozenset()
    model_classes: frozenset[str] = frozenset()
    unfollowed: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    filled: frozenset[str] = frozenset()
    entrusted: frozenset[str] = frozenset()
    mentioned: frozenset[str] = frozenset()

    @property
    def makers(self) -> frozenset[str]:
        """Every function elsewhere that creates variables for its caller."""
        return self.generators | self.kept


@dataclass(frozen=True)
class Linked:
    """What one program has to say to the others.

    Parameters
    ----------
    makers
        Its functions that create variables for their callers, and its distributions.
    distributions
        Its classes that are distributions.
    methods
        Methods of its classes that do.
    used
        Functions elsewhere that it calls, by their qualified names here.
    blocked
        Of those, and of its own that others call, the ones that it keeps from being rewritten.
    taken
        Names of other files that are PyMC3's or Theano's, and that it needs as such.
    models
        Its names that are models, or give some.
    builders
        Its functions that certainly give one model, which is rewritten as far as this program goes.
    model_classes
        Those of them that are subclasses of ``pm.Model``.
    derived
        Its classes, each with one that it is derived from: of this program, or by its qualified name here.
    gives
        Members of its classes that certainly are models, or give some, which are rewritten as far as this program goes.
    unfit
        Members that are models and are used here in a way that stays PyMC3's, or cannot be followed.
    """

    makers: frozenset[str] = frozenset()
    distributions: frozenset[str] = frozenset()
    methods: frozenset[str] = frozenset()
    used: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    builders: frozenset[str] = frozenset()
    derived: frozenset[tuple[str, str]] = frozenset()
    gives: frozenset[str] = frozenset()
    unfit: frozenset[str] = frozenset()
    model_classes: frozenset[str] = frozenset()


NO_LINKS = Links()
NOTHING = Linked()
