"""The parts of a proof one by one: each decides what it has to decide, and nothing else."""

from collections import defaultdict

import mpmath
import pytest
from sympy import (
    Abs,
    And,
    Derivative,
    Eq,
    Ge,
    Gt,
    Heaviside,
    IndexedBase,
    KroneckerDelta,
    Le,
    Lt,
    Matrix,
    Max,
    Min,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    S,
    Sum,
    Symbol,
    atan,
    exp,
    eye,
    floor,
    gamma,
    log,
    sign,
    sqrt,
    symbols,
    true,
)
from sympy.logic.algorithms.lra_theory import LRARational, LRASolver, LRAVariable

from lossbook._proof import (
    Facts,
    ProofError,
    UndecidedError,
    _at_a_point,
    _check_defined,
    _check_smooth,
    _closed,
    _crosses,
    _derivatives,
    _has_sign,
    _opened,
    edges,
    is_zero,
    points,
    resolve,
    time_limit,
    value,
)
from lossbook.equations import _holds, prove

x, u, w = symbols("x u w", real=True)
i, j, k = symbols("i j k", integer=True)
n = Symbol("n", integer=True, positive=True)
p, q = symbols("p q", positive=True)
D = Symbol("D", nonnegative=True)
Y = IndexedBase("y", real=True)


# What facts imply ------------------------------------------------------------------------------------------------


WHAT_IT_IS = [
    (Abs(x), (x, -x)),
    (Abs(x - 2 * u), (x - 2 * u, 2 * u - x)),
    (Max(x, u), (x, u)),
    (Max(x, -u, w + 1), (x, -u, w + 1)),
]


@pytest.mark.parametrize(("term", "values"), WHAT_IT_IS, ids=[str(term) for term, _ in WHAT_IT_IS])
def test_what_an_absolute_value_and_a_maximum_are(term, values):
    """Each of these values can be it, and no number above or below."""
    known = Facts()
    assert known.imply(And(*(term >= value for value in values)))
    assert known.imply(Or(*(Le(term, value) for value in values)))
    for one in values:
        assert known.possible(And(Eq(term, one), *(one > other for other in values if other != one)))


@pytest.mark.parametrize("number", [-1, 0, Rational(1, 2)], ids=str)
@pytest.mark.parametrize("relation", [Ge, Gt, Le, Lt, Eq, Ne])
def test_facts_about_a_number_in_disguise(relation, number):
    fact = relation((x + 1) ** 2 + number, x**2 + 2 * x + 1)
    assert Facts(fact).possible() == bool(relation(number, 0))


def test_the_sign_of_a_letter_is_a_fact():
    below = Symbol("g", negative=True)
    assert Facts(x <= below).imply(x < 0)
    assert Facts(x >= D).imply(x >= 0)
    assert Facts(x >= n).imply(x >= 1)
    assert Facts(x >= Abs(Symbol("g", real=True, nonzero=True))).imply(x > 0)
    assert Facts(Eq(n, 1), Eq(D, 0), 9 * p <= 1, 9 * below >= -1).possible()


def test_the_solver_does_not_go_in_circles():
    """A table with bounds on which SymPy's choice, by name here and by column there, never came to an end."""
    rows = [
        [-2, 1, 2, -1, -2],
        [-2, 0, -2, 1, 0],
        [0, -1, -1, 1, -1],
        [-1, 0, 1, 1, 0],
        [2, 2, -2, -2, -2],
        [0, -1, 1, 0, 1],
        [1, 1, 0, 0, -1],
        [1, 0, -1, 1, 0],
    ]
    free, half, names = float("inf"), Rational(1, 2), ["x0", "x2", "x1", "x4", "x3", "s3", "s5", "s6"]
    low = [-1, -1, -1, 0, -1, -free, 0, 0, (0, 1), -free, -1, -1, -1]  # a second number: a little above, or below
    high = [1, 1, 1, 1, free, -1, (half, -1), 1, 1, (-half, -1), 0, 0, 0]
    letters = [LRAVariable(Symbol(name)) for name in [*names, "s7", "s9", "s10", "s13", "s14"]]
    for column, (letter, *bounds) in enumerate(zip(letters, low, high, strict=True)):
        letter.col_idx = column
        letter.lower, letter.upper = (LRARational(*b if isinstance(b, tuple) else (b, 0)) for b in bounds)
    solver = LRASolver(Matrix(rows).row_join(-eye(8)), letters[5:], letters[:5], {}, {}, testing_mode=False)
    solver.is_sat, solver.boundary_to_enc = False, defaultdict(int)
    with time_limit(5):
        solver.check()


# Evaluation under facts ------------------------------------------------------------------------------------------

STEPS_OF_U = Piecewise((1, u > 0), (2, u > -1), (3, True))
RESOLVED = [
    (Abs(x), x >= 0, x),
    (Abs(x), x <= 0, -x),
    (sign(x), x > 0, 1),
    (sign(x), x < 0, -1),
    (sign(x), Eq(x, 0), 0),
    (Heaviside(x), x > 0, 1),
    (Heaviside(x), x < 0, 0),
    (KroneckerDelta(i, k), Eq(i, k), 1),
    (KroneckerDelta(i, k), i < k, 0),
    (Max(x, u), x >= u, x),
    (Max(x, u), x <= u, u),
    (Min(x, u), x <= u, x),
    (Min(x, u), x >= u, u),
    (Max(x, u, w), And(w >= x, w >= u), w),
    (STEPS_OF_U, u > 1, 1),
    (STEPS_OF_U, And(u > -1, u <= 0), 2),
    (STEPS_OF_U, u <= -1, 3),
    (STEPS_OF_U, u > -1, Piecewise((1, u > 0), (2, True))),
    (STEPS_OF_U, u <= 0, Piecewise((2, u > -1), (3, True))),
    (1 + 2 * Abs(x - u), x > u, 1 + 2 * (x - u)),
]
UNRESOLVED = [
    (Abs(x), x >= -1),
    (Abs(x), x <= 1),
    (sign(x), x >= 0),
    (sign(x), x <= 0),
    (Heaviside(x), Eq(x, 0)),
    (Heaviside(x), x >= 0),
    (Heaviside(x), x <= 0),
    (KroneckerDelta(i, k), i <= k),
    (Max(x, u), x >= u - 1),
    (Min(x, u), x <= u + 1),
    (Max(x, u, w), x >= u),
    (Piecewise((1, u > 0), (2, u < 0)), x > 0),
    (STEPS_OF_U, u < 1),
]


@pytest.mark.parametrize(("term", "fact", "expected"), RESOLVED + [(*known, known[0]) for known in UNRESOLVED], ids=str)
def test_facts_decide_what_they_decide_and_no_more(term, fact, expected):
    assert resolve(term, Facts(fact)) == expected


@pytest.mark.parametrize("term", [sign(x - u), Piecewise((5, Eq(x, u)), (x, True))], ids=str)
def test_what_holds_at_a_point_does_not_hold_around_it(term):
    assert resolve(term, Facts(Eq(x, u))) in (0, 5)
    assert resolve(term, Facts(Eq(x, u)), (x,)) == term


OPENED = [
    (x >= 0, (x,), x > 0),
    (x <= 0, (x,), x < 0),
    (x >= 0, (u,), x >= 0),
    (x >= u, (w, u), x > u),
    (And(x >= 0, u <= 1), (x,), And(x > 0, u <= 1)),
    (Not(And(x > 0, u > 0)), (x,), Or(x < 0, u <= 0)),
    (Y[k] <= 0, (Y[i],), Y[k] < 0),
    (True, (x,), true),
]


@pytest.mark.parametrize(("condition", "variables", "inside"), OPENED, ids=str)
def test_the_inside_of_a_condition(condition, variables, inside):
    assert _opened(condition, variables) == inside


def test_a_condition_with_its_edges():
    assert _closed(Or(And(x > 0, u < 1), w >= 2)) == Or(And(x >= 0, u <= 1), w >= 2)


def test_an_equation_holds_around_a_point_if_nothing_moves_in_it():
    assert _at_a_point(u, w, (x,)) == Eq(u, w)
    assert _at_a_point(x + u, x + w, (x,)) == Eq(x + u, x + w)
    assert not _at_a_point(x, u, (w, x))
    assert not _at_a_point(Y[k], u, (Y[i],))


HAS_A_VALUE = [
    (1 / x, x > 0),
    (1 / x, Ne(x, 0)),
    (x**2, True),
    (1 / (x * u), And(Ne(x, 0), Ne(u, 0))),
    (1 / (x**2 - 1), x > 1),
    (1 / (1 + exp(x)), True),
    (sqrt(x), x >= 0),
    (1 / sqrt(x), x > 0),
    (x ** Rational(2, 3), x >= 0),
    (p**x, True),
    (log(x), x > 0),
    (log(x**2 + 1), True),
    (gamma(p), True),
    (Piecewise((1 / x, x > 0), (0, True)), True),
    (Piecewise((0, x <= 0), (log(x), True)), True),
    (Sum(1 / i, (i, 1, n)), True),
    (Sum(1 / i, (i, 2, n)), True),
    (Sum(1 / (n + 1 - i), (i, 1, n)), True),
    (Derivative(sqrt(x), x), x > 0),
]
HAS_NONE = [
    (1 / x, x >= 0),
    (1 / x, True),
    (1 / (x * u), Ne(x, 0)),
    (1 / (x**2 - 1), x > -1),
    (1 + 2 / (x - u), x >= u),
    (sqrt(x), x >= -1),
    (1 / sqrt(x), x >= 0),
    (x**u, x >= 0),
    (log(x), x >= 0),
    (gamma(x), x > -1),
    (Piecewise((1 / x, x >= 0), (0, True)), True),
    (Piecewise((0, x < 0), (log(x), True)), True),
    (Sum(1 / i, (i, 0, n)), True),
    (Sum(1 / (n - i), (i, 1, n)), True),
    (Sum(Y[i], (i, 3, n)), True),
    (Derivative(sqrt(x), x), x >= 0),
]


@pytest.mark.parametrize(("term", "fact"), HAS_A_VALUE, ids=str)
def test_it_has_a_value(term, fact):
    _check_defined(term, Facts(fact))


@pytest.mark.parametrize(("term", "fact"), HAS_NONE, ids=str)
def test_it_does_not_have_a_value_everywhere(term, fact):
    with pytest.raises(UndecidedError, match=r"whether .* has a value|whether there is a sum from \d to n"):
        _check_defined(term, Facts(fact))


@pytest.mark.parametrize(
    "step", [sign(x), Heaviside(x), floor(x), sign(x * u), Piecewise((1, x > 0), (2, True))], ids=str
)
def test_a_step_is_not_smooth(step):
    with pytest.raises(UndecidedError, match="a kink in"):
        _check_smooth(1 + u * step, x, Facts(True))
    _check_smooth(1 + u * step, w, Facts(True))


def test_cases_are_smooth_if_the_variable_does_not_tell_them_apart():
    _check_smooth(Piecewise((x, u > 0), (2 * x, True)), x, Facts(True))


def test_a_sign_is_smooth_away_from_0():
    _check_smooth(sign(x - u), x, Facts(x > u))


def test_a_kink_stays_one_where_the_domain_is_only_the_kink():
    with pytest.raises(UndecidedError, match="a kink in"):
        _derivatives(Abs(x - u), (x,), Facts(Eq(x, u)), true)


# Two of the edge's roots are complex: -1, 1, -i and i.
FLAT = Piecewise(((x**4 - 1) ** 2, x**4 <= 1), (0, True))


def test_cases_may_meet_smoothly():
    slope = Piecewise((8 * x**3 * (x**4 - 1), x**4 <= 1), (0, True))
    assert prove("eq-flat", Derivative(FLAT, x), slope).status == "proven"


ZERO = [
    ((x + u) ** 2 - x**2 - 2 * x * u - u**2, True),
    (1 / (1 + exp(-x)) - exp(x) / (1 + exp(x)), True),
    (x + u - 1, Eq(x + u, 1)),
    (2 * x - u, Eq(2 * x, u)),
    (x - 3 * u + 2, Eq(x, 3 * u - 2)),
    (x**2 - 1, Eq(x, 1)),
    (Sum(2 * Y[i], (i, 1, n)) - 2, Eq(Sum(Y[j], (j, 1, n)), 1)),
    (Sum(Y[i] + 1, (i, 1, n)) - n - 1, Eq(Sum(Y[j], (j, 1, n)), 1)),
    (Sum(Y[i] * (x - u), (i, 1, n)) - x * Sum(Y[k], (k, 1, n)) + u * Sum(Y[i], (i, 1, n)), True),
]
NOT_ZERO = [
    (S(1), True),
    (S(-1), True),
    (x - u, True),
    (x - 1, Eq(x + u, 1)),
    (x - 2, Eq((x - 2) * (x - 3), 0)),
    (x, Eq(x * u, 0)),
    (x, x >= 0),
    (Sum(Y[i] ** 2, (i, 1, n)) - 1, Eq(Sum(Y[i], (i, 1, n)), 1)),
    (Sum(Y[i], (i, 1, n)) - Sum(Y[i], (i, 0, n)), True),
    (Sum(1, (i, 3, n)) - n, True),
]


@pytest.mark.parametrize(("difference", "fact"), ZERO, ids=str)
def test_it_is_zero(difference, fact):
    assert is_zero(difference, Facts(fact))


@pytest.mark.parametrize(("difference", "fact"), NOT_ZERO, ids=str)
def test_it_is_not_zero(difference, fact):
    assert not is_zero(difference, Facts(fact))


CROSSED = [
    (x - u, True, True),
    (u * x, True, False),
    (u * x, u > 0, True),
    (x**2 - u, True, True),
    (exp(x), True, True),
]


@pytest.mark.parametrize(("edge", "fact", "crossed"), CROSSED, ids=str)
def test_moving_a_variable_leaves_the_edge(edge, fact, crossed):
    assert _crosses(edge, x, Facts(fact)) is crossed


# Inequalities ----------------------------------------------------------------------------------------------------

ABOVE_0 = [
    (x, x > 0),
    (x**2 + 1, True),
    ((x + 1) * (x + 2), x > 0),
    ((x - 1) * (x - 3), x > 3),
    (exp(x) - x, True),
    (p - log(p), True),
    (x**3 - x, x >= 2),
]
FROM_0 = [
    (x, x >= 0),
    (x**2 - 2 * x + 1, True),
    (exp(x) - x - 1, True),
    (p - log(p) - 1, True),
    (x**3 - x, x >= 1),
    (x**2 * u, u >= 0),
]
UNSIGNED = [
    (x, x >= -1),
    ((x - 1) * (x - 3), x > 2),
    (exp(x) - x - Rational(101, 100), True),
    (p - log(p) - Rational(101, 100), True),
    (x**3 - x, x >= Rational(99, 100)),
    (x**2 - u, True),
    (u * x, x > 0),
    (Abs(x) - 1, True),
    (Max(x, 1 - x) - 1, True),
    (Abs(x - 1) + Abs(x + 1) - 3, True),
]


@pytest.mark.parametrize(("term", "fact"), ABOVE_0 + FROM_0 + UNSIGNED, ids=str)
def test_the_sign_of_a_term(term, fact):
    assert _has_sign(0, term, Facts(fact)) == ((term, fact) not in UNSIGNED)
    assert _has_sign(1, term, Facts(fact)) == ((term, fact) in ABOVE_0)


SIGNS = {Ge: r"\ge", Gt: ">", Le: r"\le", Lt: "<"}


@pytest.mark.parametrize(
    ("statement", "options"),
    [
        (Gt(exp(x), x), {}),
        (Lt(log(p), p), {}),
        (Lt(x, 2), {"given": x < 1}),
        (Ge(Abs(x), -x / 2), {"cases": [x >= 0, x <= 0]}),
        (Le(-Abs(x), x), {"cases": [x >= 0, x < 0]}),
    ],
    ids=str,
)
def test_an_inequality_is_proven(statement, options):
    equation = prove("eq-inequality", statement, **options)
    assert equation.status == "proven"
    assert f" {SIGNS[type(statement)]} " in equation.tex


@pytest.mark.parametrize("size", [0, 10**10])
def test_numbers_are_compared_to_50_digits(size):
    with mpmath.workdps(80):
        size = mpmath.mpf(size)
        near, far = (mpmath.mpf(10) ** power * (1 + 2 * size) for power in (-51, -49))
        for gap in (-far, -near, 0, near, far):
            found = {relation for relation in (Eq, Ge, Gt, Le, Lt) if _holds(size + gap, size, relation)}
            assert found == ({Eq, Ge, Le} if abs(gap) <= near else {Ge, Gt} if gap > 0 else {Le, Lt})


# Points ----------------------------------------------------------------------------------------------------------


def test_points_visit_the_edges_and_both_sides_of_them():
    everything = Max(x, u) + Min(x, w) + Abs(w - 1) + sign(x - 2) + Heaviside(u + 3) + Piecewise((1, x > 5), (2, True))
    found = edges(everything)
    assert {abs(e) for e in found} == {abs(x - u), abs(w - x), abs(w - 1), abs(x - 2), abs(u + 3), abs(x - 5)}
    assert len(found) == 6
    visited = list(points((everything,), Facts(True), found, 120))
    for edge in found:
        assert {Rational(c, 97) for c in (-1, 0, 1)} <= {edge.subs(point) for point in visited}


def test_points_are_small_and_large_and_of_both_signs():
    negative = Symbol("g", negative=True)
    found = list(points((x + p + D + negative + n + k,), Facts(True), [], 100))
    assert len(found) == 100
    sizes = sorted(abs(point[x]) for point in found)
    assert sizes[0] < Rational(1, 10)
    assert sizes[-1] > 10
    assert {point[x] > 0 for point in found} == {True, False}
    assert all(point[p] > 0 and point[D] >= 0 and point[negative] < 0 for point in found)
    assert min(point[n] for point in found) == 1
    assert min(point[k] for point in found) == 0
    assert max(point[n] for point in found) > 30
    summed = list(points((Sum(Y[i], (i, 1, n)),), Facts(True), [], 40))
    assert {point[n] for point in summed} == {1, 2, 3, 4}
    assert all(len(point) == 1 + point[n] for point in summed)


def test_points_visit_the_edges_of_the_domain():
    edge = Rational(355, 113)  # nobody draws it
    with pytest.raises(ProofError, match=r"(?s)does not hold.* at x = 355/113 "):
        prove("eq-edge", Gt(atan(x - edge), 0), given=x >= edge, numerically=True)


def test_a_domain_without_points_is_empty():
    with pytest.raises(ProofError, match="the domain is empty: no point was found where"):
        list(points((x,), Facts(Eq(x**2, 2)), [], 5))


AT = {x: Rational(3, 2), u: Rational(-5, 7), n: 3} | {Y[m]: Rational(m, 5) for m in (1, 2, 3)}
VALUES = [
    (x * u, Rational(-15, 14)),
    (Sum(i * Y[i], (i, 1, n)), Rational(14, 5)),
    (Sum(Y[i], (i, 2, n)), 1),
    (Derivative(x**3, x), Rational(27, 4)),
    (Derivative(x**3, x, x), 9),
    (Derivative(x**2 * u**3, x, u), 9 * Rational(25, 49)),
    (2 + u * Derivative(1 / x, x), 2 + Rational(5, 7) * Rational(4, 9)),
    (Derivative(Sum(Y[i] ** 2, (i, 1, n)), Y[2]), Rational(4, 5)),
]


@pytest.mark.parametrize(("expression", "exact"), VALUES, ids=str)
def test_the_value_at_a_point(expression, exact):
    with mpmath.workdps(60):
        assert abs(value(expression, AT) - mpmath.mpf(S(exact).p) / S(exact).q) < 1e-50


@pytest.mark.parametrize(
    "expression", [Derivative(Abs(x), x), Derivative(x * Abs(x), x, x), Derivative(u * Abs(x), x, u)], ids=str
)
def test_a_kink_is_seen_at_its_point(expression):
    with pytest.raises(ProofError, match=r"there is a kink at x = 0, u = 1: slopes (-1\.0|-2\.0) and (1\.0|2\.0)"):
        value(expression, {x: Rational(0), u: Rational(1)})
    value(expression, {x: Rational(1, 9), u: Rational(1)})


@pytest.mark.parametrize("expression", [1 / x, sqrt(x - 1)], ids=str)
def test_what_has_no_value_at_a_point(expression):
    with pytest.raises(ProofError, match=r"has no value at x = 0"):
        value(expression, {x: Rational(0)})
