"""What fills the slots of generated passages: invented names, numbers, dates and words from lists.

Every invented name belongs to training or to the held-out part by its checksum, never to both.
"""

from __future__ import annotations

import random
import zlib

from training import squad_phrases as phrases

_FIRST = (
    "Al", "Bar", "Cor", "Dan", "El", "Fen", "Gar", "Hal", "Is", "Jor", "Kal", "Lor", "Mar", "Nor", "Or",
    "Pel", "Quin", "Ros", "Sar", "Tam", "Ul", "Ver", "Wen", "Yar", "Zel", "Ben", "Cla", "Dre", "Ost", "Bran",
    "Ste", "Tho", "Vin", "Hol", "Mil", "Ash", "Gro", "Ket", "Lin", "Pra",
)  # fmt: skip
_MIDDLE = (
    "a", "e", "i", "o", "u", "an", "er", "in", "ol", "ur", "am", "en", "il", "or", "ad", "eb", "ic", "om",
    "ast", "ell", "ing", "ock", "ert", "im", "av", "es",
)  # fmt: skip
_LAST = (
    "a", "as", "beck", "berg", "by", "dale", "den", "don", "ford", "gate", "ham", "hold", "ia", "ier", "ki",
    "land", "ley", "man", "mere", "mont", "na", "ness", "nik", "o", "rin", "sen", "son", "stad", "ston",
    "sund", "ta", "ton", "vale", "vik", "ville", "wood", "worth",
)  # fmt: skip
_GIVEN = (
    "Ada", "Anna", "Arthur", "Boris", "Carl", "Clara", "David", "Edith", "Elena", "Emil", "Felix", "Frida",
    "George", "Greta", "Hugo", "Ida", "Ivan", "James", "Jane", "John", "Karin", "Laura", "Leo", "Lucas",
    "Maria", "Martin", "Mary", "Nina", "Oscar", "Paul", "Peter", "Robert", "Rosa", "Samuel", "Sofia",
    "Thomas", "Victor", "Walter", "William", "Zofia",
)  # fmt: skip
_ANIMALS = (
    "otters", "wild goats", "herons", "bats", "wolves", "frogs", "beavers", "eagles", "blind fish", "deer",
    "seals", "owls", "swans", "snakes", "bears", "foxes", "storks", "trout", "hares", "ravens",
)  # fmt: skip
PARTS = 8  # one of so many invented names is for the held-out part


class Fillers:
    """Draws fillers of each kind; `held_out` says from which half of the invented names."""

    def __init__(self, seed: int, *, held_out: bool) -> None:
        self.random = random.Random(seed)  # noqa: S311 - text, no secret
        self.held_out = held_out

    def draw(self, kind: str) -> str:
        """A filler of `kind`: the name of a method below."""
        text: str = getattr(self, kind)()
        return text

    def name(self) -> str:
        """An invented capitalised word that belongs to this half."""
        while True:
            word = self.random.choice(_FIRST)
            if self.random.random() < 0.5:
                word += self.random.choice(_MIDDLE)
            word += self.random.choice(_LAST)
            if (zlib.crc32(word.encode()) % PARTS == 0) == self.held_out:
                return word

    def person(self) -> str:
        """A given name, sometimes two or an initial, and an invented surname."""
        given = self.random.choice(_GIVEN)
        chance = self.random.random()
        if chance < 0.12:
            return f"{given} {self.random.choice(_GIVEN)} {self.name()}"
        return f"{given} van {self.name()}" if chance < 0.18 else f"{given} {self.name()}"

    def place(self) -> str:
        """A town."""
        chance = self.random.random()
        if chance < 0.8:
            return self.name()
        return f"{self.random.choice(('Port', 'New', 'Upper', 'Saint', 'Old'))} {self.name()}"

    def subject(self, kind: str) -> str:
        """What facts are about."""
        if kind == "person":
            return self.person()
        return f"the {self.name()} {self.random.choice(phrases.SUBJECTS[kind])}"

    def firm(self) -> str:
        """An institution."""
        return self.subject(self.random.choice(("firm", "building")))

    def year(self) -> str:
        """From 1500 on."""
        return str(self.random.randint(1500, 2019))

    def date(self) -> str:
        """A day, with its year or without."""
        day, month = self.random.randint(1, 28), self.random.choice(phrases.MONTHS)
        return self.random.choice(
            (f"{day} {month} {self.year()}", f"{month} {day}", f"{month} {self.year()}")
        )

    def number(self) -> str:
        """Digits or a word."""
        chance = self.random.random()
        if chance < 0.3:
            return self.random.choice(phrases.NUMBERS)
        if chance < 0.7:
            return str(self.random.randint(2, 999))
        return f"{self.random.randint(1, 99)},{self.random.randint(0, 999):03d}"

    def quantity(self) -> str:
        """A number with its unit."""
        number = self.number()
        if self.random.random() < 0.15:
            number = f"{self.random.randint(1, 60)}.{self.random.randint(1, 9)}"
        return f"{number} {self.random.choice(phrases.UNITS)}"

    def count(self) -> str:
        """A number of things."""
        return f"{self.number()} {self.counted()}"

    def invented(self) -> str:
        """One invented word, or two."""
        if self.random.random() < 0.6:
            return self.name()
        return f"{self.name()} {self.name().lower()}"

    def aspect(self, kind: str) -> str:
        """A noun that a question asks about: from the list of `kind`, or invented."""
        if kind == "invented" or self.random.random() < 0.15:
            return self.name().lower()
        return self.draw(kind)

    def role(self) -> str:
        """What a person can be to something."""
        return self.random.choice(phrases.ROLES)

    def feature(self) -> str:
        """A part of something."""
        return self.random.choice(phrases.FEATURES)

    def measure(self) -> str:
        """What can be measured of something."""
        return self.random.choice(phrases.MEASURES)

    def counted(self) -> str:
        """What can be counted."""
        return self.random.choice(phrases.COUNTED)

    def material(self) -> str:
        """What something is made of."""
        return self.random.choice(phrases.MATERIALS)

    def colour(self) -> str:
        """A colour, or two."""
        return self.random.choice(phrases.COLOURS)

    def trade(self) -> str:
        """What a person lives on."""
        return self.random.choice(phrases.TRADES)

    def goods(self) -> str:
        """What is sold."""
        return self.random.choice(phrases.GOODS)

    def cause(self) -> str:
        """Why something happened."""
        return self.random.choice(phrases.CAUSES)

    def purpose(self) -> str:
        """What something is for."""
        return self.random.choice(phrases.PURPOSES)

    def animal(self) -> str:
        """Animals, as a plural."""
        return self.random.choice(_ANIMALS)
