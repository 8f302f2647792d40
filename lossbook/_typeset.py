"""Formulas as a textbook sets them: ŷ − y rather than −y + ŷ, 2(ŷ − y)/n rather than (2ŷ − 2y)/n."""

from typing import Any

from sympy import (
    Add,
    Derivative,
    Expr,
    Integer,
    Integral,
    KroneckerDelta,
    MatrixBase,
    Mul,
    S,
    Sum,
    exp,
    log,
    sympify,
)
from sympy.core.function import AppliedUndef
from sympy.core.parameters import distribute
from sympy.core.symbol import Str
from sympy.printing.latex import LatexPrinter


class Named(Expr):
    """A formula that is printed by its name: ``Named("L", formula)`` reads L and computes as the formula."""

    def __new__(cls, name: Any, formula: Any) -> "Named":
        """Return the named formula; the name is TeX."""
        return super().__new__(cls, name if isinstance(name, Str) else Str(name), sympify(formula))

    @property
    def formula(self) -> Any:
        """The formula behind the name."""
        return self.args[1]

    is_commutative = True

    def _eval_is_extended_real(self) -> Any:
        return self.formula.is_extended_real

    def _eval_is_finite(self) -> Any:
        return self.formula.is_finite

    def _eval_is_extended_positive(self) -> Any:
        return self.formula.is_extended_positive

    def _eval_is_extended_negative(self) -> Any:
        return self.formula.is_extended_negative

    def _eval_derivative(self, symbol: Any) -> Any:
        return self.formula.diff(symbol)

    def _latex(self, printer: Any) -> str:
        return self.args[0].name

    def _sympystr(self, printer: Any) -> str:
        return self.args[0].name


def unnamed(expression: Any) -> Any:
    """Return the expression with every name replaced by its formula."""
    return expression.replace(lambda e: isinstance(e, Named), lambda e: unnamed(e.formula))


def tex(expression: Any) -> str:
    """Return the TeX of an expression, equation or matrix."""
    with distribute(False):
        return _Textbook({"order": "lex", "fold_short_frac": False}).doprint(_factored(expression))


def _factored(expression: Any) -> Any:
    """Take the common number out of every sum: 2a − 2b becomes 2(a − b). To be called with distribute(False)."""
    if isinstance(expression, MatrixBase):
        return expression.applyfunc(_factored)
    if isinstance(expression, (Named, Derivative)) or not getattr(expression, "args", ()):
        return expression
    args = [_factored(arg) for arg in expression.args]
    rebuilt = expression if args == list(expression.args) else expression.func(*args)
    if not isinstance(rebuilt, Add):
        return rebuilt
    content, rest = rebuilt.primitive()
    if not content.is_Integer and any(term.is_Mul for term in rest.args):
        content, rest = S.One, rebuilt  # (x + y)/2, but |r| − δ/2
    if all(_negative(term) for term in rest.args):
        content, rest = -content, Add(*(-term for term in rest.args))
    return Mul(content, rest) if content != 1 else rebuilt


def _negative(term: Any) -> bool:
    return term.could_extract_minus_sign()


def _place_in_product(factor: Any) -> int:
    """Order the factors of a product: letters, then brackets, then functions, then sums."""
    base = factor.base if factor.is_Pow else factor
    if base.is_Atom or base.is_Indexed or isinstance(base, (Named, KroneckerDelta, AppliedUndef)):
        return 0
    if isinstance(base, Add):
        return 1
    return 3 if isinstance(base, Sum) else 2


class _Textbook(LatexPrinter):
    def _print_Add(self, expr: Any, order: Any = None) -> str:  # noqa: N802
        terms = self._as_ordered_terms(expr, order=order)
        if expr.has(exp):  # 1 + e^z, as it is said
            terms = sorted(terms, key=lambda term: not term.is_number)
        terms = [t for t in terms if not _negative(t)] + [t for t in terms if _negative(t)]
        text = ""
        for position, term in enumerate(terms):
            negative = _negative(term)
            part = self._print(-term if negative else term)
            if isinstance(term, Add) or (negative and isinstance(-term, Add)):
                part = rf"\left({part}\right)"
            sign = "-" if negative else "+"
            text += f"{sign} {part}" if position == 0 and negative else (f" {sign} {part}" if position else part)
        return text

    def _print_Mul(self, expr: Any) -> str:  # noqa: N802
        number, rest = expr.as_coeff_Mul()
        above, below = [], []
        for factor in sorted(rest.as_ordered_factors(), key=_place_in_product):
            if factor.is_Pow and factor.exp.is_negative:
                below.append(1 / factor)
            else:
                above.append(factor)
        if abs(number.p) != 1:
            above.insert(0, Integer(abs(number.p)))
        if number.q != 1:
            below.insert(0, Integer(number.q))
        tail = ""
        if above and isinstance(above[-1], Sum) and len(above) + len(below) > 1:  # 1/n Σ …, not Σ … over n
            tail = " " + self._print(above.pop())
        text = self._product(above)
        if below:
            text = rf"\frac{{{text or 1}}}{{{self._product(below)}}}"
        elif (tail or number.is_negative) and len(above) == 1 and isinstance(above[0], Add):
            text = rf"\left({text}\right)"
        return ("- " if number.is_negative else "") + text + tail

    def _product(self, factors: list) -> str:
        if len(factors) == 1:
            return self._print(factors[0])
        return " ".join(self._bracketed(f, last=f is factors[-1]) for f in factors)

    def _bracketed(self, factor: Any, last: bool) -> str:
        text = self._print(factor)
        bare = not isinstance(factor, (Add, Mul, Sum, Integral, log)) or (last and isinstance(factor, log))
        return text if bare else rf"\left({text}\right)"

    def _print_Derivative(self, expr: Any) -> str:  # noqa: N802
        name = expr.expr
        if not (isinstance(name, (Named, AppliedUndef)) or name.is_Atom):
            return super()._print_Derivative(expr)
        partial = isinstance(name, AppliedUndef) or len(name.free_symbols) > 1
        d = r"\partial" if partial else "d"
        order = sum(count for _, count in expr.variable_count)
        below = " ".join(
            rf"{d} {self._print(v)}" + ("" if count == 1 else f"^{{{self._print(count)}}}")
            for v, count in reversed(expr.variable_count)
        )
        above = d if order == 1 else rf"{d}^{{{order}}}"
        return rf"\frac{{{above} {self._print(name)}}}{{{below}}}"

    def _print_Piecewise(self, expr: Any) -> str:  # noqa: N802
        rows = []
        for value, condition in expr.args:
            when = r"\text{otherwise}" if condition == S.true else r"\text{if } " + self._print(condition)
            rows.append(rf"{self._print(value)} & {when}")
        return r"\begin{cases} " + r" \\ ".join(rows) + r" \end{cases}"

    def _print_And(self, expr: Any) -> str:  # noqa: N802
        return r" \text{ and } ".join(self._print(arg) for arg in sorted(expr.args, key=str))

    def _print_log(self, expr: Any, exp: Any = None) -> str:
        argument = expr.args[0]
        inner = self._print(argument)
        simple = argument.is_Atom or isinstance(argument, Named) or argument.is_Indexed
        text = rf"\log {inner}" if simple else rf"\log \left({inner}\right)"
        return text if exp is None else rf"\left({text}\right)^{{{exp}}}"

    def _print_Pow(self, expr: Any) -> str:  # noqa: N802
        if isinstance(expr.base, Named) and expr.exp.is_Integer and expr.exp.is_positive:
            return rf"{self._print(expr.base)}^{{{self._print(expr.exp)}}}"
        return super()._print_Pow(expr)

    def _print_MatrixBase(self, expr: Any) -> str:  # noqa: N802
        return super()._print_MatrixBase(expr).replace(r"\\", r"\\[0.6em] ")  # or the fractions of two rows touch

    def _print_Relational(self, expr: Any) -> str:  # noqa: N802
        # SymPy turns |r| ≤ δ into δ ≥ |r|; a reader expects the longer side first.
        return super()._print_Relational(expr.reversed if expr.lhs.is_Atom and not expr.rhs.is_Atom else expr)

    def _print_KroneckerDelta(self, expr: Any, exp: Any = None) -> str:  # noqa: N802
        text = rf"\delta_{{{self._print(expr.args[0])}{self._print(expr.args[1])}}}"
        return text if exp is None else rf"{text}^{{{exp}}}"
