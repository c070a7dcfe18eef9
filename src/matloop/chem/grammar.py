"""Text -> Formula: the grammar of formulas.

    formula = part { separator part } [charge]      separator = · • ∙ ⋅ * or a dot before a letter or a bracket
    part    = [number] { item }                     the number multiplies all of its part: 5H2O
    item    = ( symbol | bracket ) [number]
    bracket = "(" { item } ")" or "[" ... "]" or "{" ... "}"
    number  = 3  0.25  .5  1e-3  1/2  ½  or subscripts  ₁₂
    charge  = ^2-  ^{2-}  ²⁻  (2-)  +  --  +2  or, after a space, 2-

Spaces may stand between these. Three readings are a matter of convention, and what it leaves open is refused:

- A dot between digits is a decimal point, but in front of water at the end of a formula it is the dot of a hydrate:
  CuSO4.5H2O is CuSO4·5H2O. After 0 or 1 it stays a decimal point (Li0.5H2O).
- Digits before a last sign are the charge after one element alone, where that is a known oxidation state (Fe3+, O2-),
  or after a bracket around everything ([Fe(CN)6]4-); a single digit after several elements is an amount (NH4+, MnO4-).
- An amount of 0 says that the element is not there, as at the end of a series (La0Sr1TiO3).
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from matloop.chem.elements import NUMBERS, oxidation_states
from matloop.chem.formula import LARGEST, Formula
from matloop.errors import Fault, nearest

_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋−–", "0123456789+---")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_DIGIT = r"\d+(?:\.\d+)?"
_NUMBER = re.compile(r"\d+/\d+|(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?|[¼½¾⅐-⅞]")
_SYMBOL = re.compile(r"[A-Z][a-z]?")
_WATER = re.compile(r"(?P<before>(?:\d+\.)?\d*)\.(?P<times>\d+)\s*H2O\s*(?=$|[·•∙⋅*.^+-])")
_SEPARATOR = re.compile(r"[·•∙⋅*]|\.(?=\s*[A-Z(\[{])")
_OPEN, _CLOSE = "([{", ")]}"
_LEAST = Decimal("1e-12")
"""Amounts below it, but for 0, are slips; products of a few of them are still floats."""
_UNIT = "Give amounts and charge of one formula unit."
_CHARGE = re.compile(
    rf"\s*(?:\^\s*(?P<caret>\{{[^}}]*\}}|\([^)]*\)|[\d.+-]+)"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]*[⁺⁻]+)"
    rf"|[(\[](?P<boxed>(?:{_DIGIT})?[+-]|[+-]{_DIGIT})[)\]]"
    rf"|(?<=\s)(?P<apart>{_DIGIT}[+-])"
    rf"|(?P<signs>\++|-+)(?P<after>(?:{_DIGIT})?))\s*$"
)
_SIGN = re.compile(r"[-+⁺⁻^]")
_SIGNED = re.compile(rf"(?P<size>{_DIGIT})?(?P<sign>\++|-+)|(?P<sign2>[+-])(?P<size2>{_DIGIT})")


class Slip(Exception):
    """What is wrong with a text: at which character (from 0; None: as a whole), what, and the cure."""

    def __init__(self, at: int | None, found: str, cure: str) -> None:
        super().__init__(found)
        self.at, self.found, self.cure = at, found, cure


def read(text: str) -> Formula:
    """Read one formula; module docstring: the grammar.

    Raises:
        Slip: the text is no formula.
    """
    if not text.strip():
        raise Slip(0, "an empty formula", "Write one, or leave the row out.")
    try:
        return _read(text)
    except Slip:
        if text.strip().lower() not in _MISSING:
            raise
        raise Slip(None, "it stands for a missing value", "Write a formula, or leave the row out.") from None


def _read(text: str) -> Formula:
    plain = text.translate(_SUBSCRIPTS)
    body, charge = _charge(plain)
    amounts = _Reader(body).formula()
    kept = {symbol: amount for symbol, amount in amounts.items() if amount}
    if not kept:
        raise Slip(0, "every amount is 0", "At least one element must be there.")
    found = {symbol: float(amount) for symbol, amount in kept.items()}
    beyond = [symbol for symbol, amount in found.items() if not 0 < amount <= LARGEST]
    if beyond:
        raise Slip(0, f"the amount of {beyond[0]} adds up to {kept[beyond[0]]:.6g}", _UNIT)
    return Formula.of(found, charge)


def fault(text: str, slip: Slip, place: str = "") -> Fault:
    """A slip as a fault: the place, the text and the character."""
    shown = text if len(text) <= _SHOWN else text[:_SHOWN] + "..."
    where = "" if slip.at is None else f", character {slip.at + 1}"
    return Fault(f"{place}formula {shown!r}{where}", slip.found, slip.cure)


_MISSING = ("null", "na", "nan", "none", "nil", "n/a", "#n/a", "<na>", "-", "--", "?")
"""How programs and people write that there is none, in small letters. What reads as a formula (NaN, Na) is one."""
_SHOWN = 60
"""So many characters of a formula an error repeats."""


def _charge(text: str) -> tuple[str, float]:
    """Take the charge off the end of a formula: what is left (a prefix of the text), and the charge."""
    match = _CHARGE.search(text) if _SIGN.search(text) else None
    if match is None:
        return text, 0.0
    body = text[: match.start()]
    if match["signs"] and not match["after"]:
        return _sized(body, match["signs"], match.start("signs"))
    told = match["caret"] or match["boxed"] or match["apart"] or (match["raised"] or "").translate(_RAISED)
    told = (told or match["signs"] + match["after"]).strip("{}() ")
    signed = _SIGNED.fullmatch(told)
    if signed is None:
        raise Slip(match.start(), f"{told!r} is no charge", "Write it as ^2-, ^3+ or ^+.")
    return body, _value(signed["size"] or signed["size2"], signed["sign"] or signed["sign2"], match.start())


def _sized(body: str, signs: str, at: int) -> tuple[str, float]:
    """The charge of a text that ends in bare signs: are the digits before them its size or an amount?"""
    digits = re.search(r"\d+$", body)
    if digits is None or len(signs) > 1:
        return body, _value(None, signs, at)
    rest, size = body[: digits.start()].strip(), int(digits[0])
    if rest in NUMBERS:
        states = oxidation_states("known")[NUMBERS[rest] - 1]
        if (size if signs == "+" else -size) in states:
            return rest if body.startswith(rest) else body[: digits.start()], _value(digits[0], signs, at)
    elif _boxed(rest):
        return body[: digits.start()], _value(digits[0], signs, at)
    elif len(digits[0]) == 1 and not rest.endswith(tuple(_CLOSE)):
        return body, _value(None, signs, at)
    found = f"{digits[0] + signs!r} may be an amount and a charge, or a charge alone"
    readings = f"{rest}{digits[0]}^{signs} or {rest}{digits[0][:-1]}^{digits[0][-1]}{signs}"
    raise Slip(digits.start(), found, f"Write the charge after ^: {readings}.")


def _boxed(text: str) -> bool:
    """Whether one bracket goes around the whole text."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character in _OPEN) - (character in _CLOSE)
        if depth == 0:
            return at > 0 and at == len(text) - 1
    return False


def _value(size: str | None, signs: str, at: int) -> float:
    if size and len(signs) > 1:
        raise Slip(at, f"{size}{signs} is no charge", "Write it as ^2-, ^3+ or ^+.")
    amount = float(size) if size else float(len(signs))
    if amount > LARGEST:
        raise Slip(at, f"the charge {size} is beyond {LARGEST:g}", _UNIT)
    return amount if signs[0] == "+" else -amount


class _Reader:
    """Reads a text from left to right; amounts are exact decimals until the end."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.dots = {dot for match in _WATER.finditer(text) if (dot := _hydrate(match)) is not None}

    def formula(self) -> dict[str, Decimal]:
        total: dict[str, Decimal] = {}
        while True:
            times = self.number()
            _add(total, self.items(None), Decimal(1) if times is None else times)
            if self.at == len(self.text):
                return total
            self.at += 1  # items stops before a separator or at the end

    def items(self, opened: int | None) -> dict[str, Decimal]:
        """Everything up to a separator, the end or, inside a bracket opened there, its other half."""
        total: dict[str, Decimal] = {}
        start = self.at
        while True:
            self.space()
            character = self.text[self.at : self.at + 1]
            if character and character in _CLOSE and opened is not None:
                break
            if not character or self.separator():
                if opened is not None:
                    missing = _CLOSE[_OPEN.index(self.text[opened])]
                    raise Slip(opened, f"{self.text[opened]!r} is never closed", f"Add {missing!r}, or take it away.")
                break
            _add(total, *self.item(character))
        if not total:
            raise Slip(
                max(0, min(start, len(self.text) - 1)), "no element stands here", "Write one, or take the sign away."
            )
        return total

    def item(self, character: str) -> tuple[dict[str, Decimal], Decimal]:
        """A symbol or a bracket, and how often."""
        if character in _OPEN:
            opened = self.at
            self.at += 1
            inside = self.items(opened)
            if self.text[self.at] != _CLOSE[_OPEN.index(character)]:
                found = f"{character!r} is closed by {self.text[self.at]!r}"
                raise Slip(self.at, found, "Close each bracket by its own kind.")
            self.at += 1
        else:
            inside = {self.symbol(): Decimal(1)}
        times = self.number()
        return inside, Decimal(1) if times is None else times

    def symbol(self) -> str:
        match = _SYMBOL.match(self.text, self.at)
        if match is None:
            raise self.stranger()
        name = match[0]
        if name not in NUMBERS and name[0] in NUMBERS and len(name) > 1:
            found = f"{name!r} is no element and {name[1]!r} no amount"
            cure = f"Symbols are a capital and at most one small letter; amounts are numbers. {nearest(name, NUMBERS)}"
            raise Slip(self.at, found, cure)
        if name not in NUMBERS:
            raise Slip(self.at, f"{name!r} is no element", nearest(name, NUMBERS))
        self.at = match.end()
        return name

    def number(self) -> Decimal | None:
        """The number that stands here, if there is one."""
        self.space()
        match = _NUMBER.match(self.text, self.at)
        if match is None or (match[0][0] == "." and self.at in self.dots):
            return None
        told = match[0]
        inner = next((dot for dot in self.dots if self.at < dot < match.end()), None)
        if inner is not None:
            told = self.text[self.at : inner]
        self.at += len(told)
        return self.sized(told, match.start())

    def sized(self, told: str, at: int) -> Decimal:
        over = told.partition("/")[2]
        if over and not int(over):
            raise Slip(at, f"{told!r} divides by 0", "Give a number.")
        try:
            if over:
                value = Decimal(told.partition("/")[0]) / Decimal(over)
            else:
                value = Decimal(str(unicodedata.numeric(told))) if told in "¼½¾" or told > "⅏" else Decimal(told)
        except InvalidOperation:
            raise Slip(at, f"{told!r} is no number", "Give a number.") from None
        if value > LARGEST or 0 < value < _LEAST:
            raise Slip(at, f"the amount {told} is not between {_LEAST:g} and {LARGEST:g}", _UNIT)
        return value

    def separator(self) -> bool:
        return self.at in self.dots or _SEPARATOR.match(self.text, self.at) is not None

    def space(self) -> None:
        while self.text[self.at : self.at + 1].isspace():
            self.at += 1

    def stranger(self) -> Slip:
        """What to say of a character that cannot stand here."""
        character = self.text[self.at]
        if character.isdigit() or _NUMBER.match(self.text, self.at):
            cure = "Join the digits, or put · before a part that is multiplied: CuSO4·5H2O."
            return Slip(self.at, f"the number at {character!r} follows another number", cure)
        if character in _CLOSE:
            return Slip(self.at, f"{character!r} closes nothing", "Open it, or take it away.")
        if character in "+-^⁺⁻":
            cure = "A charge stands at the very end, parts are joined by ·, and in the place of 1-x stands a number."
            return Slip(self.at, f"{character!r} cannot stand here", cure)
        if character.isalpha():
            cure = "Symbols begin with a capital letter, and amounts are numbers: put one in the place of x or δ."
            return Slip(self.at, f"{character!r} begins no element", cure)
        return Slip(self.at, f"{character!r} cannot stand in a formula", "Take it away; see the grammar of formulas.")


def _hydrate(match: re.Match[str]) -> int | None:
    """Where the dot of a hydrate stands in the numbers before a water, if there is one."""
    first, _, second = match["before"].rpartition(".")
    if not first:
        return None if second in ("0", "1") else match.end("before")  # 0.5 and 1.5 are amounts
    if second == "0":
        return match.start() + len(first)  # CaSO4.0.5H2O
    if first in ("0", "1"):
        return match.end("before")  # Li0.5.2H2O
    found = f"{match['before']}.{match['times']} before water can be cut at either dot"
    raise Slip(match.start(), found, "Put · where the water begins: CuSO4·2.5H2O.")


def _add(total: dict[str, Decimal], more: dict[str, Decimal], times: Decimal) -> None:
    for symbol, amount in more.items():
        total[symbol] = total.get(symbol, Decimal(0)) + amount * times
