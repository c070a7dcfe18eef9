"""The grammar of expressions in constraints: text to a tree, by our own tokeniser and recursive descent.

    condition  := conjunct { "or" conjunct }
    conjunct   := negation { "and" negation }
    negation   := "not" negation | comparison
    comparison := sum { ("<" | "<=" | ">" | ">=" | "==" | "!=") sum }      a < b < c means a < b and b < c
    sum        := product { ("+" | "-") product }
    product    := unary { ("*" | "/") unary }
    unary      := ("-" | "+") unary | number | name | `odd name` | "choice" | 'choice' | "(" condition ")"

Nothing is evaluated or executed here, and numbers are exact decimals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from matloop.domain.number import as_number
from matloop.errors import SpaceError, fail

LONGEST = 2000
"""Characters of an expression. Without an end a file could make a tree that no stack holds."""
_DEEPEST = 60
"""Nesting of brackets and signs, for the same reason."""
_MOST_TERMS = 200
"""Operators in one expression: chains make trees as deep as they are long."""
_LARGEST_EXPONENT = 300  # beyond it exact numbers grow without bound, and no float holds them

_TOKENS = re.compile(
    r"""\s*(?:
    (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d]\w*)
    |`(?P<odd>[^`]*)`
    |"(?P<double>[^"]*)"
    |'(?P<single>[^']*)'
    |(?P<sign><=|>=|==|!=|[-+*/()<>])
    )""",
    re.VERBOSE,
)
_COMPARISONS = ("<", "<=", ">", ">=", "==", "!=")
_WORDS = ("and", "or", "not")
_OPERATORS = frozenset((*_COMPARISONS, *_WORDS, *"+-*/"))


@dataclass(frozen=True, slots=True)
class Number:
    """A number as written."""

    value: Fraction
    column: int


@dataclass(frozen=True, slots=True)
class Text:
    """A quoted choice."""

    value: str
    column: int


@dataclass(frozen=True, slots=True)
class Name:
    """A parameter or feature."""

    name: str
    column: int


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """left (+ - * /) right."""

    sign: str
    left: Tree
    right: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """left (< <= > >= == !=) right."""

    sign: str
    left: Tree
    right: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Logic:
    """`and` and `or` of two conditions."""

    word: str
    left: Tree
    right: Tree
    column: int


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    inner: Tree
    column: int


Tree = Number | Text | Name | Arithmetic | Comparison | Logic | Not


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    column: int


def place_of(text: str, column: int | None = None) -> str:
    """How faults name an expression, and the column in it (from 1)."""
    shown = text if len(text) <= 80 else text[:80] + "..."
    return f"expression {shown!r}" + ("" if column is None else f", column {column}")


def parse(text: str) -> Tree:
    """Read an expression.

    Raises:
        SpaceError: at the first column that does not belong.
    """
    if not text.strip():
        fail(SpaceError, "expression", "it is empty", "Write a condition, as 2*a + b <= 3.")
    if len(text) > LONGEST:
        found = f"it has {len(text)} characters"
        fail(SpaceError, place_of(text), found, f"Split it into several constraints of at most {LONGEST}.")
    reader = _Reader(text, _tokens(text))
    if reader.terms > _MOST_TERMS:
        fail(SpaceError, place_of(text), f"it has {reader.terms} operators", "Split it into several constraints.")
    tree = reader.condition()
    if reader.at.kind != "end":
        reader.refuse("an operator or the end")
    return tree


def _tokens(text: str) -> list[_Token]:
    tokens, start = [], 0
    stripped = text.rstrip()
    while start < len(stripped):
        match = _TOKENS.match(stripped, start)
        if match is None:
            column = start + len(stripped[start:]) - len(stripped[start:].lstrip()) + 1
            odd = stripped[column - 1]
            cures = {
                "=": "Write == to compare.",
                "&": "Write `and`.",
                "|": "Write `or`.",
                "^": "Write a product, as a*a.",
                "%": "Put odd names in backquotes, as `content (%)`.",
            }
            open_ = "It has no end: close the quotation." if odd in "`\"'" else "Take it out; odd names stand in `...`."
            fail(SpaceError, place_of(text, column), f"{odd!r} means nothing here", cures.get(odd, open_))
        kind = str(match.lastgroup)
        tokens.append(_Token(kind, match.group(kind), match.start(kind) + 1 - (kind in ("odd", "double", "single"))))
        start = match.end()
    return [*tokens, _Token("end", "the end", len(stripped) + 1)]


class _Reader:
    """The tokens of one expression, read from left to right."""

    def __init__(self, text: str, tokens: list[_Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.place = 0
        self.depth = 0
        self.terms = sum(token.text in _OPERATORS and token.kind in ("sign", "word") for token in tokens)

    @property
    def at(self) -> _Token:
        return self.tokens[self.place]

    def take(self, *texts: str) -> _Token | None:
        """The next token if it is one of these signs or words, and go on."""
        token = self.at
        if token.kind in ("sign", "word") and token.text in texts:
            self.place += 1
            return token
        return None

    def refuse(self, wanted: str) -> None:
        """Fail at the present token."""
        found = "it ends here" if self.at.kind == "end" else f"{self.at.text!r} stands here"
        fail(SpaceError, place_of(self.text, self.at.column), found, f"Here belongs {wanted}.")

    def condition(self) -> Tree:
        left = self.conjunct()
        while token := self.take("or"):
            left = Logic("or", left, self.conjunct(), token.column)
        return left

    def conjunct(self) -> Tree:
        left = self.negation()
        while token := self.take("and"):
            left = Logic("and", left, self.negation(), token.column)
        return left

    def negation(self) -> Tree:
        if token := self.take("not"):
            self.deeper()
            inner = Not(self.negation(), token.column)
            self.depth -= 1
            return inner
        return self.comparison()

    def comparison(self) -> Tree:
        left, found = self.sum(), None
        while token := self.take(*_COMPARISONS):
            right = self.sum()
            link: Tree = Comparison(token.text, left, right, token.column)
            found = link if found is None else Logic("and", found, link, token.column)
            left = right
        return left if found is None else found

    def sum(self) -> Tree:
        left = self.product()
        while token := self.take("+", "-"):
            left = Arithmetic(token.text, left, self.product(), token.column)
        return left

    def product(self) -> Tree:
        left = self.unary()
        while token := self.take("*", "/"):
            left = Arithmetic(token.text, left, self.unary(), token.column)
        return left

    def unary(self) -> Tree:
        self.deeper()
        if token := self.take("-", "+"):
            inner = self.unary()
            made: Tree = Arithmetic(token.text, Number(Fraction(0), token.column), inner, token.column)
        elif self.take("("):
            made = self.condition()
            if not self.take(")"):
                self.refuse("a closing bracket")
        else:
            made = self.leaf()
        self.depth -= 1
        return made

    def leaf(self) -> Tree:
        token = self.at
        if token.kind not in ("number", "word", "odd", "double", "single") or token.text in _WORDS:
            self.refuse("a name, a number or a bracket")
        self.place += 1
        if token.kind == "number":
            return Number(self.number(token), token.column)
        if token.kind in ("double", "single"):
            return Text(token.text, token.column)
        return Name(token.text, token.column)

    def number(self, token: _Token) -> Fraction:
        exponent = int(token.text.lower().partition("e")[2][:6] or 0)
        if as_number(token.text) is None or abs(exponent) > _LARGEST_EXPONENT:
            place = place_of(self.text, token.column)
            fail(SpaceError, place, f"{token.text} is beyond what a float holds", "Choose another unit.")
        return Fraction(token.text)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > _DEEPEST:
            place = place_of(self.text, self.at.column)
            fail(SpaceError, place, f"brackets are nested {self.depth} deep", "Split it into several constraints.")
