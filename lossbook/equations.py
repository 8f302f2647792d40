r"""Equations under test: a displayed equation is the output of its own check.

``define`` typesets a definition, ``prove`` a statement that it has decided, ``state`` one whose check has run.
Each returns an :class:`Equation`, which a notebook shows as a numbered equation that other pages can cite.

>>> from sympy import Derivative, symbols
>>> y, y_hat = symbols("y yhat", real=True)
>>> L = define("eq-square", "L", (y - y_hat) ** 2)
>>> print(prove("eq-square-gradient", Derivative(L, y_hat), 2 * (y_hat - y)))
eq-square-gradient, proven: \frac{\partial L}{\partial \hat{y}} = 2 \left(\hat{y} - y\right)
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import mpmath
import numpy as np
import sympy as sp

from lossbook import _proof
from lossbook._proof import ProofError, UndecidedError
from lossbook._typeset import Named, tex, unnamed

__all__ = ["Equation", "Named", "ProofError", "define", "prove", "state"]

PROOF_POINTS, CHECK_POINTS = 6, 60


@dataclass(frozen=True, repr=False)
class Equation:
    """A labelled equation: its TeX, how it is known to hold, and its two sides where it has them."""

    label: str
    status: str  # defined, proven or checked
    tex: str
    how: str = ""
    lhs: Any = None
    rhs: Any = None
    relation: Any = None
    given: Any = True

    def __repr__(self) -> str:
        """Return the equation on one line, without an address."""
        return f"{self.label}, {self.status}: {self.tex}"

    def _repr_markdown_(self) -> str:
        how = f" {self.how}" if self.how else ""
        return f"$$\n{self.tex}\n$$ ({self.label})\n\n*{self.status}*{how}"

    def _sympy_(self) -> Any:
        return self.lhs


def define(label: str, name: Any, formula: Any) -> Equation:
    """Return the definition ``name = formula``.

    The name is TeX, or a SymPy expression to print on the left. In further SymPy formulas the returned equation
    stands for the left-hand side: it prints as the name and computes as the formula.

    >>> from sympy import Symbol
    >>> define("eq-twice", "t", 2 * Symbol("x"))
    eq-twice, defined: t = 2 x
    """
    formula = sp.sympify(formula)
    _refuse_no_value(label, formula)
    named = Named(name if isinstance(name, str) else tex(name), formula)
    return Equation(label, "defined", f"{tex(named)} = {tex(formula)}", lhs=named, rhs=formula)


def prove(
    label: str,
    *sides: Any,
    given: Any = True,
    cases: Iterable[Any] | None = None,
    let: dict[Any, Any] | None = None,
    since: Equation | None = None,
    numerically: bool = False,
    seconds: float = 30,
) -> Equation:
    """Return the statement as an equation, after deciding that it holds; raise ProofError if it does not.

    Parameters
    ----------
    label : str
        What the equation is cited by.
    sides : SymPy expressions, or one relation
        Two or more expressions, each equal to the next; or one inequality. Derivatives, sums, limits and
        integrals are carried out.
    given : SymPy condition
        The domain: every fact the statement rests on, beside what the symbols were declared to be. Letters are
        real numbers. All sides have to be defined on the whole domain, and differentiable where they are
        differentiated: no division by 0, no logarithm of 0, no kink, also at the edges of the domain.
    cases : conditions, optional
        The cases to tell apart. They are checked to cover the domain, their edges included, and where two cases
        touch a derivative is checked to exist. The conditions of a Piecewise are the default.
    let : dict, optional
        For inequalities, a substitution {old: new}, checked to reach every value.
    since : Equation, optional
        An inequality, already proven, that this one is, once the given equations are put in.
    numerically : bool
        Whether to be content with 50 digits at many points of the domain, where SymPy cannot decide. The
        equation is then called *checked*, not *proven*: what is false only in a small region may escape.
    seconds : float
        The limit of processor time; it holds in the main thread only.

    Notes
    -----
    Symbolic steps are SymPy's, and so are limits and integrals, whose insides are not checked to be defined, and the
    minimum that decides an inequality in one letter. All but limits is also compared at a few points; there a
    derivative is a difference quotient, not SymPy's. What SymPy simplifies while an expression is written down, such
    as x/x to 1, never arrives here.

    Examples
    --------
    >>> from sympy import Symbol
    >>> x = Symbol("x", real=True)
    >>> prove("eq-wrong", (x + 1) ** 2, x**2 + 1)
    Traceback (most recent call last):
    lossbook._proof.ProofError: eq-wrong does not hold
      left:  (x + 1)**2
      right: x**2 + 1
      at x = -78/97 the sides are 0.0383675 and 1.64661
    """
    try:
        with _proof.time_limit(seconds):
            sides, relation = _sides(sides)
            facts = _domain(given)
            conditions = _conditions(cases, sides, facts)
            _try_points(label, sides, relation, facts, conditions, PROOF_POINTS)
            tried = 0
            try:
                _decide(sides, relation, facts, conditions, let or {}, since)
            except (UndecidedError, NotImplementedError) as error:
                if not numerically:
                    raise UndecidedError(*error.args) from None
                tried = _try_points(label, sides, relation, facts, conditions, CHECK_POINTS)
    except ProofError as error:
        text = str(error)
        raise ProofError(text if text.startswith(label) else f"{label}: {text}") from None
    except Exception as error:
        raise ProofError(f"{label}: undecided: SymPy stopped with {error!r}") from error
    how = f"to {_proof.DIGITS} digits at {tried} points" if tried else ""
    if conditions and not tried:
        how = f"in {len(conditions)} cases"
    shown = _typeset(sides, relation, given)
    return Equation(label, "checked" if tried else "proven", shown, how, sides[0], sides[-1], relation, given)


def state(label: str, statement: str, *, check: Callable[[], Any]) -> Equation:
    r"""Return a statement, given as TeX, that has no SymPy form, after running its check.

    The check is a function without arguments; it has to return True.

    >>> squares = (np.arange(5) - 2) ** 2
    >>> state("eq-argmin", r"\operatorname*{arg\,min}_c (c - 2)^2 = 2", check=lambda: squares.argmin() == 2)
    eq-argmin, checked: \operatorname*{arg\,min}_c (c - 2)^2 = 2
    """
    outcome = check()
    if not isinstance(outcome, (bool, np.bool_)) or not outcome:
        raise ProofError(f"{label}: the check returned {outcome!r}, not True")
    return Equation(label, "checked", statement, "by the code")


def _sides(sides: tuple) -> tuple[tuple, Any]:
    """Return the sides, and the relation between them: Eq, or that of the one inequality given."""
    sides = tuple(map(sp.sympify, sides))
    relation = sp.Eq
    if len(sides) == 1 and isinstance(sides[0], (sp.Eq, sp.Ge, sp.Gt, sp.Le, sp.Lt)):
        relation = type(sides[0])
        sides = sides[0].lhs, sides[0].rhs
    if len(sides) < 2:
        raise ProofError(f"there is nothing to prove in {sides[0] if sides else 'no sides'}")
    for side in sides:
        if not isinstance(side, (sp.Expr, sp.MatrixBase)):
            raise ProofError(f"a side is no expression: {side}")
        _refuse_no_value("a side", side)
    for one, two in pairwise(sides):
        if unnamed(one) == unnamed(two) or tex(one) == tex(two):
            raise ProofError(f"both sides are {tex(unnamed(one))}, which proves nothing")
        if _shape(one) != _shape(two):
            raise ProofError(f"the sides have different shapes: {one} and {two}")
    return sides, relation


def _shape(side: Any) -> tuple:
    return side.shape if isinstance(side, sp.MatrixBase) else ()


def _entries(one: Any, two: Any) -> Any:
    """Return the pairs of numbers in two sides, which are matrices or numbers."""
    return zip(one, two, strict=True) if isinstance(one, sp.MatrixBase) else ((one, two),)


def _refuse_no_value(where: str, expression: Any) -> None:
    if expression.has(sp.nan, sp.zoo):
        raise ProofError(f"{where} has no value: {expression}")
    if expression.has(sp.Float):
        raise ProofError(f"{where} has a rounded number, write Rational: {expression}")


def _domain(given: Any) -> _proof.Facts:
    facts = _proof.Facts(given)
    _refuse_no_value("the domain", facts.known)
    if not facts.possible():
        raise ProofError(f"the domain is empty: {given}")
    return facts


def _conditions(cases: Iterable[Any] | None, sides: tuple, facts: _proof.Facts) -> list:
    """Return the cases, checked to be possible and to cover the domain."""
    if cases is None:
        pieces = [side.args for side in sides if isinstance(side, sp.Piecewise)]
        cases, before = [], sp.true  # of a Piecewise: the first condition that holds counts
        for _, condition in pieces[0] if pieces else ():
            cases.append(sp.And(before, condition))
            before = sp.And(before, sp.Not(condition))
    cases = [unnamed(sp.sympify(case)) for case in cases]
    for case in cases:
        if not facts.possible(case):
            raise ProofError(f"the case {case} never happens")
    if cases and not facts.imply(sp.Or(*cases)):
        raise ProofError(f"the cases {', '.join(map(str, cases))} do not cover the domain")
    return cases


def _try_points(label: str, sides: tuple, relation: Any, facts: Any, conditions: list, count: int) -> int:
    """Compare the sides at points of the domain; raise with the first point where they differ."""
    edges = _proof.edges(sp.Tuple(*map(unnamed, sides), facts.known, *conditions))
    limits = any(side.has(sp.Limit) for side in sides)  # have no value at points
    tried = 0
    for point in _proof.points(sides, facts, edges, count):
        if limits:
            break
        tried += 1
        for one, two in pairwise(sides):
            for a, b in _entries(one, two):
                x, y = _proof.value(a, point), _proof.value(b, point)
                if _holds(x, y, relation):
                    continue
                raise ProofError(
                    f"{label} does not hold\n  left:  {one}\n  right: {two}\n"
                    f"  at {_proof.shown(point)} the sides are {mpmath.nstr(x, 6)} and {mpmath.nstr(y, 6)}"
                )
    if not tried and count == CHECK_POINTS:
        raise UndecidedError("a limit cannot be checked at points")
    return tried


def _holds(x: Any, y: Any, relation: Any) -> bool:
    """Whether two numbers stand in the relation, to 50 digits."""
    near = abs(x - y) <= mpmath.mpf(10) ** -_proof.DIGITS * (1 + abs(x) + abs(y))
    return {
        sp.Eq: near,
        sp.Ge: x > y or near,
        sp.Le: x < y or near,
        sp.Gt: x > y and not near,
        sp.Lt: x < y and not near,
    }[relation]


def _decide(sides: tuple, relation: Any, facts: Any, conditions: list, let: dict, since: Equation | None) -> None:
    """Raise an UndecidedError that says what, unless SymPy proves the statement."""
    if relation is sp.Eq:
        for one, two in pairwise(sides):
            for a, b in _entries(one, two):
                if not _proof.equal(a, b, facts, conditions):
                    raise UndecidedError(f"whether {a} equals {b}")
        return
    strict = relation in (sp.Gt, sp.Lt)
    difference = _excess(sides, relation)
    if since is not None:
        _connect(difference, strict, facts, since)
        return
    for domain in [_proof.Facts(facts.known, case) for case in conditions] or [facts]:
        if not _proof.at_least(difference, domain, strict, let):
            raise UndecidedError(f"whether {sides[0]} is {relation.rel_op} {sides[1]}")


def _excess(sides: tuple, relation: Any) -> Any:
    """Return what an inequality says is at least 0."""
    return sides[0] - sides[-1] if relation in (sp.Ge, sp.Gt) else sides[-1] - sides[0]


def _connect(difference: Any, strict: bool, facts: Any, since: Equation) -> None:
    """Raise an UndecidedError unless an inequality is another one, already proven, under these facts."""
    if since.status != "proven" or since.relation in (None, sp.Eq):
        raise UndecidedError(f"{since.label} is not an inequality that has been proven")
    if not facts.imply(since.given):
        raise UndecidedError(f"{since.label} has been proven for {since.given}")
    known = _excess((since.lhs, since.rhs), since.relation)
    same = _proof.is_zero(_proof.evaluate(difference - known, facts), facts)
    if not same or (strict and since.relation in (sp.Ge, sp.Le)):
        raise UndecidedError(f"whether it follows from {since.label}")


def _typeset(sides: tuple, relation: Any, given: Any) -> str:
    sign = {sp.Eq: "=", sp.Ge: r"\ge", sp.Le: r"\le", sp.Gt: ">", sp.Lt: "<"}[relation]
    domain = _domain_tex(given)
    if len(sides) == 2:
        return f"{tex(sides[0])} {sign} {tex(sides[1])}{domain}"
    lines = [f"{tex(sides[0])} &= {tex(sides[1])}", *(f"&= {tex(side)}" for side in sides[2:])]
    return r"\begin{aligned} " + r" \\[0.8em] ".join(lines) + domain + r" \end{aligned}"


def _domain_tex(given: Any) -> str:
    """Return the facts as they are read after an equation, 0 < x < 1; those about indices go without saying."""
    facts = [f for f in sp.And.make_args(sp.sympify(given)) if not all(s.is_integer for s in f.free_symbols)]
    lows = {f.gts: f for f in facts if isinstance(f, (sp.Gt, sp.Ge, sp.Lt, sp.Le)) and f.lts.is_number}
    highs = {f.lts: f for f in facts if isinstance(f, (sp.Gt, sp.Ge, sp.Lt, sp.Le)) and f.gts.is_number}
    parts = []
    for fact in sorted(facts, key=str):
        middle = next((e for e in (fact.lhs, fact.rhs) if e in lows and e in highs), None)
        if middle is None:
            parts.append(tex(fact))
        elif fact is lows[middle]:
            low, high = fact, highs[middle]
            signs = ["<" if isinstance(f, (sp.Gt, sp.Lt)) else r"\le" for f in (low, high)]
            parts.append(f"{tex(low.lts)} {signs[0]} {tex(middle)} {signs[1]} {tex(high.gts)}")
    # On a narrow page the line breaks before the condition, and not within it.
    return r" \allowbreak \qquad \text{for } {" + r",\; ".join(parts) + "}" if parts else ""
