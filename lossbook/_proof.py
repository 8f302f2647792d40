"""How a statement is decided: symbolically, case by case, and at points, to 50 digits.

Linear real arithmetic (a decision procedure of SymPy) answers whether facts imply a condition. With it absolute
values, maxima and cases are resolved rather than guessed, stated cases are checked to cover the domain, and
SymPy's convenient untruths at a kink, Heaviside(0) = 1/2 and sign(0) = 0, never get into a proof.
"""

import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import combinations, combinations_with_replacement, count
from typing import Any

import mpmath
import sympy as sp
from sympy import Q, S
from sympy.calculus.util import minimum
from sympy.core.relational import Relational
from sympy.logic.algorithms.lra_theory import LRAVariable
from sympy.logic.inference import satisfiable

from lossbook._typeset import unnamed

DIGITS = 50
NUMBERS = count()
KINKED = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)
STEPS = (sp.Piecewise, sp.sign, sp.Heaviside, sp.DiracDelta, sp.floor, sp.ceiling)
TOTAL = (*KINKED, sp.floor, sp.ceiling, sp.KroneckerDelta, sp.log, sp.exp, sp.sin, sp.cos, sp.sinh, sp.cosh, sp.tanh)


class ProofError(AssertionError):
    """A statement that does not hold, or that could not be decided."""


class UndecidedError(ProofError):
    """A statement that SymPy can neither prove nor refute."""

    def __str__(self) -> str:
        return f"undecided: {super().__str__()}"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise a ProofError when the block takes more processor time; only a Unix system's main thread can be stopped."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        raise ProofError(f"no proof within {seconds:g} seconds")

    before = signal.signal(signal.SIGVTALRM, stop)
    timer = signal.setitimer(signal.ITIMER_VIRTUAL, seconds)  # what else the machine does is not counted
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, *timer)
        signal.signal(signal.SIGVTALRM, before)


# What facts imply ------------------------------------------------------------------------------------------


class Facts:
    """Facts about real numbers, and what follows from them by linear arithmetic; products count as letters."""

    def __init__(self, *facts: Any) -> None:
        self.known = sp.And(*(unnamed(sp.sympify(fact)) for fact in facts))

    def possible(self, condition: Any = True) -> bool:
        """Whether the facts and the condition can hold together."""
        return _possible(sp.And(self.known, unnamed(sp.sympify(condition))))

    def imply(self, condition: Any) -> bool:
        """Whether the condition follows."""
        return not self.possible(sp.Not(sp.sympify(condition)))


# SymPy's simplex method has to change the first letter that it can, or it may go in circles. In one of two places it
# takes the first by name; by a name that is the number of its column it takes the same as in the other.
LRAVariable.__repr__ = lambda letter: f"{letter.col_idx:06}"


@cache
def _possible(condition: Any) -> bool:
    letters: dict[Any, sp.Dummy] = {}
    claims = [_linear(condition, letters)]
    done: set[Any] = set()
    while todo := [term for term in letters if term not in done]:
        claims += [_axiom(term, letters) for term in todo]
        done.update(todo)
    return bool(satisfiable(sp.And(*claims), use_lra_theory=True))


def _linear(condition: Any, letters: dict) -> Any:
    """Rewrite a condition for the solver: linear forms in letters, each compared with 0."""
    condition = sp.sympify(condition)
    if isinstance(condition, Relational):
        form = _form(condition.lhs - condition.rhs, letters)
        parts = {
            sp.Eq: [[Q.ge], [Q.le]],
            sp.Ne: [[Q.gt, Q.lt]],
            sp.Ge: [[Q.ge]],
            sp.Gt: [[Q.gt]],
            sp.Le: [[Q.le]],
            sp.Lt: [[Q.lt]],
        }[type(condition)]
        return sp.And(*(sp.Or(*(predicate(form, 0) for predicate in part)) for part in parts))
    if isinstance(condition, (sp.And, sp.Or, sp.Not)):
        return condition.func(*(_linear(arg, letters) for arg in condition.args))
    if condition in (sp.true, sp.false):
        return condition
    raise ProofError(f"{condition} is not a condition on real numbers")


def _form(expression: Any, letters: dict) -> Any:
    total = S.Zero
    for term in sp.Add.make_args(sp.expand(expression)):
        number, rest = term.as_coeff_Mul()
        total += number * (1 if rest == 1 else letters.setdefault(rest, sp.Dummy(f"x{len(letters)}", real=True)))
    return total


def _axiom(term: Any, letters: dict) -> Any:
    """Return what is known of a letter: its sign, and what an absolute value or a maximum is."""
    facts = []
    if term.is_positive:
        facts.append(Q.ge(letters[term], 1) if term.is_integer else Q.gt(letters[term], 0))
    elif term.is_nonnegative:
        facts.append(Q.ge(letters[term], 0))
    elif term.is_negative:
        facts.append(Q.lt(letters[term], 0))
    if isinstance(term, (sp.Abs, sp.Max)):
        values = term.args if isinstance(term, sp.Max) else (term.args[0], -term.args[0])
        differences = [_form(term - value, letters) for value in values]
        facts += [Q.ge(difference, 0) for difference in differences]
        facts.append(sp.Or(*(Q.le(difference, 0) for difference in differences)))
    return sp.And(*facts)


# Evaluation under facts ------------------------------------------------------------------------------------


def resolve(expression: Any, facts: Facts, around: tuple = ()) -> Any:
    """Return the expression with every absolute value, maximum and case decided that the facts decide.

    With variables to look ``around`` in, only what stays so when they move a little: under a derivative.
    """

    def imply(condition: Any) -> bool:
        return facts.imply(_opened(condition, around).replace(sp.Eq, lambda *sides: _at_a_point(*sides, around)))

    def decide(e: Any) -> Any:
        if isinstance(e, sp.Piecewise):
            pieces = []
            for value, condition in e.args:
                if imply(sp.Not(condition)):
                    continue
                pieces.append((value, condition))
                if imply(condition):
                    pieces[-1] = (value, True)
                    break
            return sp.Piecewise(*pieces)
        if isinstance(e, (sp.Max, sp.Min)):
            beats = sp.Ge if isinstance(e, sp.Max) else sp.Le
            for a in e.args:
                if all(imply(beats(a, b)) for b in e.args if b != a):
                    return a
            return e
        argument = e.args[0] - e.args[1] if isinstance(e, sp.KroneckerDelta) else e.args[0]
        outcomes = {
            sp.Abs: ((argument >= 0, argument), (argument <= 0, -argument)),
            sp.sign: ((argument > 0, 1), (argument < 0, -1), (sp.Eq(argument, 0), 0)),
            sp.Heaviside: ((argument > 0, 1), (argument < 0, 0)),
            sp.KroneckerDelta: ((sp.Eq(argument, 0), 1), (sp.Ne(argument, 0), 0)),
        }[type(e)]
        for condition, value in outcomes:
            if imply(condition):
                return sp.sympify(value)
        return e

    return expression.replace(lambda e: isinstance(e, (*KINKED, sp.KroneckerDelta)), decide)


def _opened(condition: Any, variables: tuple) -> Any:
    """Return the condition without its edges, as far as the variables can cross them."""

    def moves(r: Any) -> bool:
        return isinstance(r, (sp.Ge, sp.Le)) and any(r.has(_base(v)) for v in variables)

    condition = sp.to_nnf(sp.sympify(condition), simplify=False)
    return condition.replace(moves, lambda r: (sp.Gt if isinstance(r, sp.Ge) else sp.Lt)(r.lhs, r.rhs))


def _at_a_point(lhs: Any, rhs: Any, variables: tuple) -> Any:
    fleeting = any((lhs - rhs).has(_base(v)) for v in variables)
    return sp.false if fleeting else sp.Eq(lhs, rhs)


def _base(variable: Any) -> Any:
    return variable.base if variable.is_Indexed else variable


def evaluate(expression: Any, facts: Facts, case: Any = True) -> Any:
    """Carry out the derivatives, sums, limits and integrals of an expression, under facts and in a case of them."""
    domain = Facts(facts.known, case)
    expression = _own_letters(unnamed(expression))
    _check_defined(expression, domain)
    expression = expression.replace(
        lambda e: isinstance(e, sp.Derivative), lambda e: _derivatives(e.expr, e.variables, facts, case)[-1]
    )
    expression = expression.replace(lambda e: isinstance(e, sp.Limit), lambda e: _limit(e, facts))
    return resolve(resolve(expression, domain).doit(), domain)


def _own_letters(expression: Any) -> Any:
    """Give each sum, integral and limit a letter of its own: k may stand under a sum and, as another k, outside."""

    def renamed(e: Any) -> Any:
        if isinstance(e, sp.Limit):
            body, letter, *rest = e.args
            own = sp.Dummy(letter.name, **letter.assumptions0)
            return sp.Limit(body.xreplace({letter: own}), own, *rest)
        body = e.function
        for letter, *bounds in e.limits:  # the innermost comes first
            own = sp.Dummy(letter.name, **letter.assumptions0)
            body = e.func(body.xreplace({letter: own}), (own, *bounds))
        return body

    return expression.replace(lambda e: isinstance(e, (sp.Sum, sp.Integral, sp.Limit)), renamed)


def _check_defined(e: Any, facts: Facts, around: bool = False) -> None:
    """Raise unless the expression has a value on the whole domain; under a derivative, around each point of it."""
    if isinstance(e, (sp.Limit, sp.Integral, sp.Indexed)):
        return
    if isinstance(e, sp.Piecewise):
        before = sp.true  # the first condition that holds counts
        for value, condition in e.args:
            here = Facts(facts.known, before, condition)
            if here.possible():
                _check_defined(value, here, around)
            before = sp.And(before, sp.Not(condition))
        return
    if isinstance(e, sp.Sum):
        index, low, high = e.limits[0]
        if not facts.imply(low <= high + 1):
            raise UndecidedError(f"whether there is a sum from {low} to {high}")
        facts = Facts(facts.known, low <= index, index <= high)
    if isinstance(e, sp.Pow) and not (e.exp.is_integer and e.exp.is_nonnegative):
        _check_power(e, facts, around)
    if isinstance(e, sp.log) and not _has_sign(1, e.args[0], facts):
        raise UndecidedError(f"whether {e} has a value")
    if isinstance(e, sp.Function) and not isinstance(e, TOTAL) and not e.is_real:
        raise UndecidedError(f"whether {e} has a value")
    for arg in e.args:
        if isinstance(arg, (sp.Expr, sp.MatrixBase)):
            _check_defined(arg, facts, around or isinstance(e, sp.Derivative))


def _check_power(power: sp.Pow, facts: Facts, around: bool) -> None:
    base, exponent = power.args
    if base is S.Exp1 or _has_sign(1, base, facts):
        return
    if exponent.is_integer:
        factors = sp.Mul.make_args(sp.factor(base))
        if all(f.is_nonzero or facts.imply(sp.Ne(f, 0)) or _has_sign(1, f, facts) for f in factors):
            return
    elif exponent.is_Rational:
        root = base ** sp.Rational(1, exponent.q)  # √u > 0 may be known where nothing is known of u
        if facts.imply(root > 0) or (exponent > 0 and not around and _has_sign(0, base, facts)):
            return
    raise UndecidedError(f"whether {power} has a value")


def _derivatives(expression: Any, variables: tuple, facts: Facts, case: Any) -> list:
    """Return a function and its successive derivatives inside a case; its edges are for :func:`check_seams`."""
    inside = Facts(facts.known, _opened(case, variables))
    if not inside.possible():
        raise UndecidedError(f"a derivative in the case {case}, which has no inside")
    found = [resolve(expression, inside, variables)]
    for variable in variables:
        _check_smooth(found[-1], variable, inside)
        found.append(resolve(sp.diff(found[-1], variable).doit(), inside, variables))
        _check_smooth(found[-1], variable, inside)
        _check_defined(found[-1], inside, around=True)
    return found


def _check_smooth(expression: Any, variable: Any, facts: Facts) -> None:
    """Raise if a step is left. |u| and max(u, v) may be: where they have a kink, their derivative has a step."""
    for e in expression.atoms(*STEPS):
        switches = [condition for _, condition in e.args] if isinstance(e, sp.Piecewise) else e.args
        smooth = isinstance(e, sp.sign) and facts.imply(sp.Ne(e.args[0], 0))
        if not smooth and any(switch.has(_base(variable)) for switch in switches):
            raise UndecidedError(f"there is a kink in {e}; state cases, or a domain without it")


def _limit(limit: sp.Limit, facts: Facts) -> Any:
    """Carry out a limit, after settling the conditions in it that hold, or fail, all the way to it."""
    e, *towards = limit.args
    try:
        return _settled_limit(e, towards, facts)
    except ValueError as error:  # the two sides differ
        raise UndecidedError(f"the limit of {e}: {error}") from None


def _settled_limit(e: Any, towards: list, facts: Facts) -> Any:
    settled = {}
    for r in e.atoms(Relational):
        gap = sp.Limit(r.lhs - r.rhs, *towards).doit()
        above, below = facts.imply(gap > 0), facts.imply(gap < 0)
        if not (above or below):
            raise UndecidedError(f"whether {r} holds all the way to the limit")
        settled[r] = sp.sympify(isinstance(r, (sp.Ge, sp.Gt, sp.Ne) if above else (sp.Le, sp.Lt, sp.Ne)))
    found = sp.Limit(e.xreplace(settled), *towards).doit()
    if found.has(sp.Limit, sp.AccumBounds):
        raise UndecidedError(f"the limit of {e}")
    return found


def is_zero(difference: Any, facts: Facts) -> bool:
    """Whether an evaluated difference is 0 by algebra, with sums over symbolic bounds taken apart."""
    for step in (lambda e: e, sp.expand, tidy, lambda e: tidy(sp.together(e)), lambda e: tidy(sp.simplify(e))):
        difference = _apply_equations(step(difference), facts)
        if difference == 0 or sp.expand(difference) == 0 or sp.factor(difference) == 0:
            return True
    return False


def tidy(expression: Any) -> Any:
    """Expand; write each sum as numbers times sums of one term, with one index name; put terms together."""

    def split(e: Any) -> Any:
        (old, low, high), total = e.limits[0], S.Zero
        index = _index(len(e.function.atoms(sp.Sum)))
        for term in sp.Add.make_args(sp.expand(e.function.xreplace({old: index}))):
            free, bound = term.as_independent(index, as_Add=False)
            total += free * (sp.Sum(bound, (index, low, high)) if bound != 1 else high - low + 1)
        return total

    return sp.expand(
        sp.expand(expression, log=False).replace(lambda e: isinstance(e, sp.Sum) and len(e.limits) == 1, split)
    )


@cache
def _index(depth: int) -> sp.Dummy:
    """Return the name of the index of sums that have so many sums in them."""
    return sp.Dummy(f"i{depth}", integer=True)


def _apply_equations(difference: Any, facts: Facts) -> Any:
    """Use the facts that are equations: put in what a sum is equal to, or a letter in which they are linear."""
    for fact in sp.And.make_args(facts.known):
        if not isinstance(fact, sp.Eq):
            continue
        if isinstance(fact.lhs, sp.Sum):
            difference = difference.subs(tidy(_own_letters(fact.lhs)), fact.rhs)
            continue
        excess = fact.lhs - fact.rhs
        for letter in sorted(fact.atoms(sp.Symbol, sp.Indexed) & fact.free_symbols, key=str, reverse=True):
            slope = sp.expand(excess).coeff(letter)
            rest = sp.expand(excess - slope * letter)
            if slope.is_number and slope.is_nonzero and not rest.has(letter):
                difference = difference.subs(letter, -rest / slope)
                break
    return difference


# Equalities ------------------------------------------------------------------------------------------------


def equal(lhs: Any, rhs: Any, facts: Facts, cases: list) -> bool:
    """Whether both sides are equal on the domain, case by case; False where SymPy cannot tell."""
    for case in cases or [sp.true]:
        one, two = evaluate(lhs, facts, case), evaluate(rhs, facts, case)
        if one != two and not is_zero(one - two, Facts(facts.known, case)):
            return False
    for derivative in _own_letters(unnamed(sp.Tuple(lhs, rhs))).atoms(sp.Derivative) if cases else ():
        check_seams(derivative, facts, cases)
    return True


def check_seams(derivative: sp.Derivative, facts: Facts, cases: list) -> None:
    """Check that on the edges of the cases the function and its derivatives agree: else there is a kink."""
    expression, variables = derivative.expr, derivative.variables
    variable = variables[0]
    ends = [r.lhs - r.rhs for r in facts.known.atoms(sp.Ge, sp.Le, sp.Eq) if r.has(_base(variable))]
    for one, two in combinations_with_replacement(cases, 2):
        for edge in {r.lhs - r.rhs for case in (one, two) for r in case.atoms(Relational)}:
            if not edge.has(_base(variable)) or facts.imply(sp.Ne(edge, 0)):
                continue
            if any(Facts(facts.known, sp.Eq(edge, 0), sp.Eq(end, 0)).possible() for end in ends):
                raise UndecidedError(f"a derivative on the edge of the domain, where {edge} = 0")
            if len(set(variables)) > 1 or not _crosses(edge, variable, facts):
                raise UndecidedError(f"a derivative where {edge} = 0")
            for root in sp.solve(edge, variable):
                real = sp.Eq(root.as_real_imag()[1], 0) if root.has(sp.I) else True
                around = sp.And(facts.known, _closed(one), _closed(two))
                there = Facts(around.subs(variable, root), real)
                if not there.possible():
                    continue
                branches = [_derivatives(expression, variables, facts, case) for case in (one, two)]
                jumps = [(a - b).subs(variable, root) for a, b in zip(*branches, strict=True)]
                jumps += [(expression - branches[0][0]).subs(variable, root)]
                if not all(is_zero(resolve(jump, there), there) for jump in jumps):
                    raise ProofError(f"there may be a kink at {variable} = {root}, where two cases meet")


def _crosses(edge: Any, variable: Any, facts: Facts) -> bool:
    """Whether moving the variable leaves the edge, so that the edge is where its roots are."""
    if not edge.is_polynomial(variable):
        return True
    slope = sp.Poly(edge, variable).LC()
    return bool(slope.is_nonzero) or facts.imply(sp.Ne(slope, 0))


def _closed(condition: Any) -> Any:
    return sp.to_nnf(condition, simplify=False).replace(sp.Gt, sp.Ge).replace(sp.Lt, sp.Le)


# Inequalities ----------------------------------------------------------------------------------------------


def at_least(difference: Any, facts: Facts, strict: bool, let: dict) -> bool:
    """Whether difference ≥ 0 (or > 0) on the domain; False where SymPy cannot tell."""
    difference = evaluate(difference, facts)
    index = _index(0)
    if difference.has(sp.Sum):
        difference = _summand(difference, facts, strict)
    for old, new in let.items():
        if old.is_Indexed and difference.has(index):  # what holds for p[k] holds under the sum for each of them
            old, new = (e.xreplace({old.indices[0]: index}) for e in (old, new))
        _check_substitution(old, new, difference, facts)
        difference = difference.subs(old, new)
    return _has_sign(1 if strict else 0, sp.expand(difference, log=True), facts)


def _summand(difference: Any, facts: Facts, strict: bool) -> Any:
    """Return the term under the one sum that the difference is, if it is: a sum is at least 0 when its terms are."""
    body, limits = S.Zero, set()
    for term in sp.Add.make_args(tidy(difference)):
        outside, inside = term.as_independent(sp.Sum, as_Add=False)
        if not isinstance(inside, sp.Sum) or inside.function.has(sp.Sum):
            raise UndecidedError(f"{term} does not stand under one sum")
        body += outside * inside.function
        limits.add(inside.limits[0])
    (_, low, high), *others = limits
    if others:
        raise UndecidedError("the sums have different bounds")
    if strict and not facts.imply(low <= high):
        raise UndecidedError(f"whether there are terms from {low} to {high}")
    return body


def _check_substitution(old: Any, new: Any, difference: Any, facts: Facts) -> None:
    """Check that ``let={old: new}`` reaches every value of old: new is c·t, c and t with the sign of old, t unused."""
    used = difference.free_symbols | facts.known.free_symbols
    for letter in new.free_symbols - used:
        solutions = sp.solve(sp.Eq(old, new), letter) if letter.is_Symbol else []
        if len(solutions) == 1 and letter.is_positive and solutions[0].is_positive:
            return
    raise ProofError(f"the substitution of {new} for {old} is not shown to reach every value")


def _has_sign(least: int, e: Any, facts: Facts) -> bool:
    """Whether e > 0 on the domain (least = 1), or e ≥ 0 (least = 0); False where SymPy cannot tell."""
    if (e.is_positive if least else e.is_nonnegative) or facts.imply(e > 0 if least else e >= 0):
        return True
    factored = sp.factor(e)
    if factored.is_Mul or factored != e:
        return all(_has_sign(least, factor, facts) for factor in sp.Mul.make_args(factored))
    lowest = _lowest(e, facts)
    return lowest is not None and bool(lowest.is_positive if least else lowest.is_nonnegative)


def _lowest(e: Any, facts: Facts) -> Any:
    """Return the minimum of a smooth function of one letter, from its critical points and the ends of the domain."""
    free = list(e.free_symbols)
    if len(free) != 1 or free[0].is_integer or e.has(*KINKED, *STEPS, sp.Sum):
        return None
    (x,) = free
    domain = sp.Interval.open(0, sp.oo) if x.is_positive else S.Reals
    known = [f for f in sp.And.make_args(facts.known) if f.free_symbols == {x} and not isinstance(f, sp.Eq)]
    try:
        return minimum(e, x, domain.intersect(sp.And(*known).as_set()) if known else domain)
    except (NotImplementedError, ValueError, TypeError):
        return None


# Points ----------------------------------------------------------------------------------------------------


def edges(everything: Any) -> list:
    """Return what is 0 where a kink may be: on the edge of a case, of a domain, of a maximum."""
    found = {r.lhs - r.rhs for r in everything.atoms(Relational) if not isinstance(r, (sp.Eq, sp.Ne))}
    found |= {e.args[0] for e in everything.atoms(sp.Abs, sp.sign, sp.Heaviside)}
    found |= {a - b for e in everything.atoms(sp.Max, sp.Min) for a, b in combinations(e.args, 2)}
    return sorted((e for e in found if not all(s.is_integer for s in e.free_symbols)), key=str)


def points(parts: tuple, facts: Facts, edges: list, count: int) -> Iterator[dict]:
    """Yield up to ``count`` points of the domain, random ones and some on the edges between cases.

    Bounds of sums become small integers, everything else a rational number.
    """
    rng = random.Random(20)
    everything = _own_letters(sp.Tuple(*map(unnamed, parts), facts.known))
    integers = sorted((s for s in everything.free_symbols if s.is_Symbol and s.is_integer), key=str)
    largest = 4 if everything.has(sp.Sum) else 40
    found = 0
    for attempt in range(60 * count):
        whole = {s: sp.Integer(rng.randint(1 if s.is_positive else 0, largest)) for s in integers}
        if _at_integers(facts.known, whole) == False:  # noqa: E712
            continue
        here = _at_integers(everything, whole)
        indexed = here.atoms(sp.Indexed)
        letters = indexed | here.free_symbols.difference(*(e.free_symbols for e in indexed))
        rationals = {s: _rational(s, rng) for s in sorted(letters, key=str)}
        equations = [f for f in sp.And.make_args(here[-1]) if isinstance(f, sp.Eq)]
        if edges and attempt % 3 == 0:  # on an edge, or a little to one side of it
            visit, which = divmod(attempt // 3, len(edges))
            equations.append(sp.Eq(_at_integers(edges[which], whole), sp.Rational((0, 1, -1)[visit % 3], 97)))
        for equation in equations:
            _solve_for_one(equation, rationals)
        point = whole | rationals
        if _allowed(point) and here[-1].xreplace(rationals) == True:  # noqa: E712
            found += 1
            yield point
        if found == count or not point:  # without letters, one point is all there is
            break
    if found == 0:
        raise ProofError(f"the domain is empty: no point was found where {facts.known}")


def _solve_for_one(equation: Any, point: dict) -> None:
    """Move one letter of the point to where the equation holds, if that is at a rational number."""
    letters = sorted((s for s in equation.atoms(sp.Symbol, sp.Indexed) if s in point), key=str)
    if letters and equation.lhs.is_polynomial(letters[-1]):
        rest = {s: v for s, v in point.items() if s != letters[-1]}
        solutions = [v for v in sp.solve(equation.xreplace(rest), letters[-1]) if v.is_rational]
        point |= {letters[-1]: solutions[0]} if solutions else {}


def _rational(symbol: Any, rng: random.Random) -> Any:
    number = sp.Rational(rng.randint(1, 300), 97) * rng.choice((1, 1, 1, sp.Rational(1, 10), 10))
    return number if symbol.is_nonnegative else -number if symbol.is_negative else number * rng.choice((-1, 1))


def _allowed(point: dict) -> bool:
    """Whether the values are what the symbols were declared to be."""
    return all(getattr(v, f"is_{name}") is truth for s, v in point.items() for name, truth in s.assumptions0.items())


def _at_integers(expression: Any, whole: dict) -> Any:
    """Put the integers in and write the sums out."""
    return _at(expression, frozenset(whole.items()))


@cache
def _at(expression: Any, whole: frozenset) -> Any:
    expression = _own_letters(expression).xreplace(dict(whole))
    return expression.replace(lambda e: isinstance(e, sp.Sum), _written_out)


def _written_out(total: sp.Sum) -> Any:
    """Return a sum between integers term by term, which takes SymPy's own way long."""
    (index, low, high), *others = total.limits
    if others or not (low.is_Integer and high.is_Integer and low <= high):
        return total.doit(deep=False)
    return sp.Add(*(total.function.xreplace({index: sp.Integer(m)}) for m in range(low, high + 1)))


def value(expression: Any, point: dict) -> mpmath.mpf:
    """Return the number that an expression has at a point.

    Derivatives are difference quotients from both sides: they owe nothing to SymPy's rules and find every kink.
    """
    whole = {s: v for s, v in point.items() if s.is_integer}
    letters = {s: _letter(s) for s in point if s not in whole}
    e = _at_integers(unnamed(expression), whole).xreplace(letters)
    with mpmath.workdps(220 if e.has(sp.Derivative) else DIGITS + 20):
        numbers = {letter: mpmath.mpf(point[s].p) / point[s].q for s, letter in letters.items()}
        for derivative in e.atoms(sp.Derivative):
            numbers[slope := _letter(derivative)] = _slope(derivative, numbers, point)
            e = e.xreplace({derivative: slope})
        try:
            number = mpmath.nan if e.has(sp.zoo, sp.nan) else +_function(e, numbers)(*numbers.values())
        except ZeroDivisionError:
            number = mpmath.nan
    if isinstance(number, mpmath.mpc) or mpmath.isnan(number):
        raise ProofError(f"{expression} has no value at {shown(point)}")
    return number


@cache
def _letter(expression: Any) -> sp.Symbol:
    """Return a letter of its own for an expression. Not a Dummy: lambdify would replace each by another one."""
    return sp.Symbol(f"_letter{next(NUMBERS)}")


def _function(expression: Any, numbers: dict) -> Any:
    function = _compiled(expression, tuple(numbers))
    return lambda *at: mpmath.mpmathify(function(*at))


@cache
def _compiled(expression: Any, letters: tuple) -> Any:
    return sp.lambdify(letters, expression, "mpmath")


def _slope(derivative: sp.Derivative, numbers: dict, point: dict) -> mpmath.mpf:
    function, letters = _function(derivative.expr, numbers), list(numbers)
    at, step = list(numbers.values()), mpmath.mpf(10) ** -70

    def moved(at: list, variable: Any, by: Any) -> list:
        return [x + by if letter is variable else x for letter, x in zip(letters, at, strict=True)]

    def quotient(at: list, variables: tuple) -> mpmath.mpf:
        if not variables:
            return function(*at)
        x, *others = variables
        left, middle, right = (quotient(moved(at, x, by), others) for by in (-step, 0, step))
        slopes = (middle - left) / step, (right - middle) / step
        if abs(slopes[1] - slopes[0]) > mpmath.mpf(10) ** -40 * (1 + abs(slopes[0])):
            found = " and ".join(mpmath.nstr(slope, 6) for slope in slopes)
            raise ProofError(f"there is a kink at {shown(point)}: slopes {found}")
        return (right - left) / (2 * step)

    return quotient(at, derivative.variables)


def shown(point: dict) -> str:
    """Return a point for an error message."""
    return ", ".join(f"{s} = {v}" for s, v in point.items()) or "every point"
