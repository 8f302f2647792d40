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
from itertools import combinations
from typing import Any

import mpmath
import sympy as sp
from sympy import Q, S
from sympy.calculus.util import minimum
from sympy.core.relational import Relational
from sympy.logic.inference import satisfiable

from lossbook._typeset import unnamed

DIGITS = 50
KINKED = (sp.Abs, sp.Max, sp.Min, sp.sign, sp.Heaviside, sp.Piecewise)


class ProofError(AssertionError):
    """A statement that does not hold, or that could not be decided."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise a ProofError when the block takes longer; only the main thread of a Unix system can be stopped."""
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(signum: int, frame: Any) -> None:
        raise ProofError(f"no proof within {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


# What facts imply ------------------------------------------------------------------------------------------


class Facts:
    """Facts about real numbers, and what follows from them by linear arithmetic; products count as letters."""

    def __init__(self, *facts: Any) -> None:
        self.known = sp.And(*(unnamed(sp.sympify(fact)) for fact in facts))

    def possible(self, condition: Any = True) -> bool:
        """Whether the facts and the condition can hold together."""
        letters: dict[Any, sp.Dummy] = {}
        claims = [_linear(sp.And(self.known, unnamed(sp.sympify(condition))), letters)]
        done: set[Any] = set()
        while todo := [term for term in letters if term not in done]:
            claims += [_axiom(term, letters) for term in todo]
            done.update(todo)
        return bool(satisfiable(sp.And(*claims), use_lra_theory=True))

    def imply(self, condition: Any) -> bool:
        """Whether the condition follows."""
        return not self.possible(sp.Not(sp.sympify(condition)))


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
        return sp.And(*(sp.Or(*(_compared(predicate, form) for predicate in part)) for part in parts))
    if condition.args:
        return condition.func(*(_linear(arg, letters) for arg in condition.args))
    return condition


def _compared(predicate: Any, form: Any) -> Any:
    if not form.is_number:
        return predicate(form, 0)
    return {Q.ge: form >= 0, Q.gt: form > 0, Q.le: form <= 0, Q.lt: form < 0}[predicate]


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
        facts.append(Q.gt(letters[term], 0))
    elif term.is_nonnegative:
        facts.append(Q.ge(letters[term], 0))
    elif term.is_negative:
        facts.append(Q.lt(letters[term], 0))
    if isinstance(term, (sp.Abs, sp.Max)):
        values = term.args if isinstance(term, sp.Max) else (term.args[0], -term.args[0])
        differences = [_form(term - value, letters) for value in values]
        facts += [_compared(Q.ge, difference) for difference in differences]
        facts.append(sp.Or(*(_compared(Q.le, difference) for difference in differences)))
    return sp.And(*facts)


# Evaluation under facts ------------------------------------------------------------------------------------


def resolve(expression: Any, facts: Facts) -> Any:
    """Return the expression with every absolute value, maximum and case decided that the facts decide."""

    def decide(e: Any) -> Any:
        if isinstance(e, sp.Piecewise):
            pieces = []
            for value, condition in e.args:
                if facts.imply(sp.Not(condition)):
                    continue
                pieces.append((value, condition))
                if facts.imply(condition):
                    pieces[-1] = (value, True)
                    break
            return sp.Piecewise(*pieces)
        if isinstance(e, (sp.Max, sp.Min)):
            beats = sp.Ge if isinstance(e, sp.Max) else sp.Le
            for a in e.args:
                if all(facts.imply(beats(a, b)) for b in e.args if b != a):
                    return a
            return e
        argument = e.args[0]
        outcomes = {
            sp.Abs: ((argument >= 0, argument), (argument <= 0, -argument)),
            sp.sign: ((argument > 0, 1), (argument < 0, -1), (sp.Eq(argument, 0), 0)),
            sp.Heaviside: ((argument > 0, 1), (argument < 0, 0)),
        }[type(e)]
        for condition, value in outcomes:
            if facts.imply(condition):
                return sp.sympify(value)
        return e

    return expression.replace(lambda e: isinstance(e, KINKED), decide)


def evaluate(expression: Any, facts: Facts) -> Any:
    """Carry out the derivatives, sums, limits and integrals of an expression, under facts."""
    expression = resolve(_own_indices(unnamed(expression)), facts)
    expression = expression.replace(
        lambda e: isinstance(e, sp.Derivative), lambda e: _differentiate(e.expr, e.variables, facts)
    )
    expression = expression.replace(lambda e: isinstance(e, sp.Limit), lambda e: _limit(e, facts))
    return resolve(expression.doit(), facts)


def _own_indices(expression: Any) -> Any:
    """Give each sum an index of its own: k may stand under a sum and, as another k, outside it."""

    def renamed(e: sp.Sum) -> sp.Sum:
        (index, low, high), own = e.limits[0], sp.Dummy("i", integer=True)
        return sp.Sum(e.function.xreplace({index: own}), (own, low, high))

    return expression.replace(lambda e: isinstance(e, sp.Sum) and len(e.limits) == 1, renamed)


def _differentiate(expression: Any, variables: tuple, facts: Facts) -> Any:
    for variable in variables:
        expression = resolve(sp.diff(expression, variable).doit(), facts)
        for e in expression.atoms(*KINKED, sp.DiracDelta):
            # |u| has the derivative sign(u), but not at u = 0.
            smooth = isinstance(e, sp.sign) and facts.imply(sp.Ne(e.args[0], 0))
            if not smooth and not isinstance(e, sp.Abs) and e.has(variable.base if variable.is_Indexed else variable):
                raise ProofError(f"undecided: there is a kink in {e}; state cases, or a domain without it")
    return expression


def _limit(limit: sp.Limit, facts: Facts) -> Any:
    """Decide, for a limit, the cases that hold all the way to it."""
    e, variable, point, _ = limit.args
    for piecewise in e.atoms(sp.Piecewise):
        for value, condition in piecewise.args:
            if condition == True:  # noqa: E712
                e = e.xreplace({piecewise: value})
                break
            gap = sp.limit(condition.gts - condition.lts, variable, point)
            if facts.imply(gap > 0):
                e = e.xreplace({piecewise: value})
                break
            if not facts.imply(gap < 0):
                break
    return sp.Limit(e, *limit.args[1:]).doit()


def is_zero(difference: Any, facts: Facts) -> bool:
    """Whether an evaluated difference is 0 by algebra, with sums over symbolic bounds taken apart."""
    for step in (lambda e: e, sp.expand, tidy, lambda e: tidy(sp.together(e)), lambda e: tidy(sp.simplify(e))):
        difference = _apply_equations(step(difference), facts)
        if difference == 0 or sp.expand(difference) == 0 or sp.factor(difference) == 0:
            return True
    return False


def tidy(expression: Any) -> Any:
    """Expand; write each sum as numbers times sums of one term, with one index name; put terms together."""
    index = sp.Symbol("_i", integer=True)

    def split(e: Any) -> Any:
        (old, low, high), total = e.limits[0], S.Zero
        for term in sp.Add.make_args(sp.expand(e.function.xreplace({old: index}))):
            free, bound = term.as_independent(index, as_Add=False)
            total += free * (sp.Sum(bound, (index, low, high)) if bound != 1 else high - low + 1)
        return total

    return sp.expand(
        sp.expand(expression, log=False).replace(lambda e: isinstance(e, sp.Sum) and len(e.limits) == 1, split)
    )


def _apply_equations(difference: Any, facts: Facts) -> Any:
    """Use the facts that are equations: put in what a sum, or else a letter, is equal to."""
    for fact in sp.And.make_args(facts.known):
        if isinstance(fact, sp.Eq):
            sums = fact.lhs.atoms(sp.Sum)
            target = fact.lhs if sums else max(fact.free_symbols, key=str)
            (value,) = [fact.rhs] if sums else sp.solve(fact, target)
            difference = difference.subs(tidy(target) if sums else target, value)
    return difference


# Equalities ------------------------------------------------------------------------------------------------


def equal(lhs: Any, rhs: Any, facts: Facts, cases: list) -> bool:
    """Whether both sides are equal on the domain, case by case; False where SymPy cannot tell."""
    domains = [Facts(facts.known, case) for case in cases] or [facts]
    if not all(is_zero(evaluate(lhs, d) - evaluate(rhs, d), d) for d in domains):
        return False
    for derivative in unnamed(lhs).atoms(sp.Derivative) if len(domains) > 1 else ():
        _meet(derivative, facts, domains)
    return True


def _meet(derivative: sp.Derivative, facts: Facts, domains: list) -> None:
    """Check that where two cases touch, the function and its derivative agree: else there is a kink."""
    variable = derivative.variables[0]
    for one, two in combinations(domains, 2):
        for edge in {r.lhs - r.rhs for d in (one, two) for r in d.known.atoms(Relational)}:
            if not edge.has(variable) or facts.imply(sp.Ne(edge, 0)):
                continue
            for root in sp.solve(edge, variable):
                imaginary = sp.Eq(root.as_real_imag()[1], 0) if root.has(sp.I) else True
                around = sp.And(facts.known, _closed(one.known), _closed(two.known))
                there = Facts(around.subs(variable, root), imaginary)
                if not there.possible():
                    continue
                for order in range(len(derivative.variables) + 1):
                    jump = S.Zero
                    for side, domain in ((1, one), (-1, two)):
                        branch = resolve(derivative.expr, domain)
                        jump += side * (branch if order == 0 else _differentiate(branch, (variable,) * order, domain))
                    if not is_zero(resolve(jump.subs(variable, root), there), there):
                        raise ProofError(f"there is a kink at {variable} = {root}: no derivative of order {order}")


def _closed(condition: Any) -> Any:
    return condition.replace(sp.Gt, sp.Ge).replace(sp.Lt, sp.Le)


# Inequalities ----------------------------------------------------------------------------------------------


def at_least(difference: Any, facts: Facts, strict: bool, let: dict) -> bool:
    """Whether difference ≥ 0 (or > 0) on the domain; False where SymPy cannot tell."""
    difference = evaluate(difference, facts)
    if difference.has(sp.Sum):
        difference = _summand(difference)
    for old, new in let.items():
        _is_substitution(old, new)
        difference = difference.subs(old, new)
    signs = [_sign(f, facts) for f in sp.Mul.make_args(sp.factor(sp.expand(difference, log=True)))]
    lowest = sp.prod(signs)
    return lowest is not None and (lowest > 0 if strict else lowest >= 0)


def _summand(difference: Any) -> Any:
    """Return the term under the one sum that the difference is, if it is: a sum is at least 0 when its terms are."""
    index, body, limits = sp.Symbol("_i", integer=True), S.Zero, set()
    for term in sp.Add.make_args(tidy(difference)):
        outside, inside = term.as_independent(sp.Sum, as_Add=False)
        if not isinstance(inside, sp.Sum):
            raise ProofError(f"undecided: {term} stands outside the sums")
        body += outside * inside.function
        limits.add(inside.limits)
    if len(limits) > 1:
        raise ProofError("undecided: the sums have different bounds")
    return body.xreplace({index: sp.Symbol("k", integer=True)})


def _is_substitution(old: Any, new: Any) -> None:
    """Check that ``let={old: new}`` reaches every value of old: new is c·t, c and t with the sign of old."""
    letters = [s for s in new.free_symbols if not old.has(s)]
    for letter in letters:
        solutions = sp.solve(sp.Eq(old, new), letter) if letter.is_Symbol else []
        if len(solutions) == 1 and letter.is_positive and solutions[0].is_positive:
            return
    raise ProofError(f"the substitution of {new} for {old} is not shown to reach every value")


def _sign(e: Any, facts: Facts) -> int:
    """Return 1 for a positive factor, 0 for one that is at least 0, and refuse others."""
    if e.is_positive or facts.imply(e > 0):
        return 1
    if e.is_nonnegative or facts.imply(e >= 0):
        return 0
    free = [s for s in e.free_symbols if not s.is_integer]
    if len(free) == 1:
        (x,) = free
        everywhere = sp.Interval.open(0, sp.oo) if x.is_positive else S.Reals
        known = [f for f in sp.And.make_args(facts.known) if f.free_symbols == {x}]
        lowest = minimum(e, x, everywhere.intersect(sp.And(*known).as_set()) if known else everywhere)
        if lowest.is_nonnegative:
            return int(lowest.is_positive)
    raise ProofError(f"undecided: the sign of {e}")


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
    everything = sp.Tuple(*map(unnamed, parts), facts.known)
    integers = sorted((s for s in everything.free_symbols if s.is_Symbol and s.is_integer), key=str)
    found = 0
    for attempt in range(60 * count):
        whole = {s: sp.Integer(rng.randint(1 if s.is_positive else 0, 4)) for s in integers}
        here = _at_integers(everything, whole)
        conditions = here[-1]
        if conditions == False:  # noqa: E712
            continue
        letters = {e for e in here.atoms(sp.Indexed)} | {
            s
            for s in here.free_symbols
            if s.is_Symbol and not any(s in b.base.free_symbols for b in here.atoms(sp.Indexed))
        }
        point = dict(whole)
        rationals = {s: _rational(s, rng) for s in sorted(letters, key=str)}
        equations = [f for f in sp.And.make_args(conditions) if isinstance(f, sp.Eq)]
        if edges and attempt % 3 == 0:
            edge = _at_integers(edges[(attempt // 3) % len(edges)], whole)
            equations.append(sp.Eq(edge, 0))
        for equation in equations:
            candidates = sorted((s for s in equation.atoms(sp.Symbol, sp.Indexed) if s in rationals), key=str)
            if candidates and equation.lhs.is_polynomial(candidates[-1]):
                last = candidates[-1]
                rest = {s: v for s, v in rationals.items() if s != last}
                solutions = [v for v in sp.solve(equation.subs(rest), last) if v.is_rational]
                if solutions:
                    rationals[last] = solutions[0]
        point |= rationals
        if _allowed(rationals) and conditions.subs(rationals) == True:  # noqa: E712
            found += 1
            yield point
        if found == count:
            return
    if found == 0:
        raise ProofError(f"no point satisfies {facts.known}: the domain is empty")


def _rational(symbol: Any, rng: random.Random) -> Any:
    number = sp.Rational(rng.randint(1, 300), 97)
    return number if symbol.is_nonnegative else -number if symbol.is_negative else number * rng.choice((-1, 1))


def _allowed(point: dict) -> bool:
    """Whether the values respect what the symbols were declared to be."""
    return all(
        not ((s.is_positive and v <= 0) or (s.is_nonnegative and v < 0) or (s.is_negative and v >= 0))
        for s, v in point.items()
    )


def _at_integers(expression: Any, whole: dict) -> Any:
    """Put the integers in and write the sums out."""
    expression = _own_indices(expression).xreplace(whole)
    return expression.replace(lambda e: isinstance(e, sp.Sum), lambda e: e.doit(deep=False))


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
            number = +_function(e, numbers)(*numbers.values())
        except ZeroDivisionError:
            number = mpmath.nan
    if isinstance(number, mpmath.mpc) or mpmath.isnan(number):
        raise ProofError(f"{expression} has no value at {shown(point)}")
    return number


@cache
def _letter(expression: Any) -> sp.Dummy:
    return sp.Dummy()


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
        right, left = (quotient(moved(at, x, by), others) for by in (step, -step))
        if not others:
            middle = function(*at)
            slopes = (middle - left) / step, (right - middle) / step
            if abs(slopes[1] - slopes[0]) > mpmath.mpf(10) ** -40 * (1 + abs(slopes[0])):
                found = " and ".join(mpmath.nstr(slope, 6) for slope in slopes)
                raise ProofError(f"there is a kink at {shown(point)}: slopes {found}")
        return (right - left) / (2 * step)

    return quotient(at, derivative.variables)


def shown(point: dict) -> str:
    """Return a point for an error message."""
    return ", ".join(f"{s} = {v}" for s, v in point.items()) or "every point"
