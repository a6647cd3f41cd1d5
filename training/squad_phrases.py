"""The words that generated passages are made of: facts as statements and questions, and what fills them.

``{s}`` is what a fact is about, ``{v}`` its value, which is the answer. All is written for this project.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """One kind of fact about one kind of subject."""

    subject: str  # a key of `SUBJECTS`
    value: str  # the kind of filler, a method of `squad_fillers.Fillers`
    statements: tuple[str, ...]
    questions: tuple[str, ...]


# What ends the name of a subject; persons have none.
SUBJECTS = {
    "person": (),
    "building": ("Bridge", "Tower", "Museum", "Library", "Theatre", "Hall", "Castle", "Hospital", "Station"),
    "firm": ("Company", "Works", "Bank", "Brewery", "Shipyard", "Press", "Society", "Foundry", "Mill"),
    "land": ("River", "Valley", "Lake", "Forest", "Island", "Canal", "Glacier", "Marsh", "Cave", "Pass"),
    "device": ("Engine", "Clock", "Telescope", "Press", "Pump", "Organ", "Calculator", "Loom", "Crane"),
    "event": ("Festival", "Treaty", "Expedition", "Strike", "Regatta", "Fair", "Flood", "Siege", "Congress"),
    "work": ("Symphony", "Chronicle", "Atlas", "Ballad", "Portrait", "Codex", "Opera", "Tapestry", "Map"),
    "team": ("Wanderers", "Rovers", "Orchestra", "Choir", "Academy", "Club", "Rangers", "Players"),
}

FEATURES = (
    "roof", "gate", "north wall", "floor", "main door", "cellar", "staircase", "tower", "garden", "flag",
    "seal", "cover", "lid", "handle", "frame", "base", "wheel", "inner shell", "central arch", "ceiling",
    "oldest part", "front page", "lower deck", "uniform", "emblem", "signboard", "balcony", "chimney",
)  # fmt: skip
MEASURES = (
    "height", "length", "weight", "width", "depth", "area", "annual budget", "average speed", "output",
    "price", "capacity", "diameter", "range", "volume", "size", "age",
)  # fmt: skip
ROLES = (
    "director", "patron", "treasurer", "owner", "first keeper", "chief engineer", "president", "secretary",
    "main rival", "manager", "guardian", "chairman", "inspector", "critic", "sponsor", "caretaker",
    "first historian", "best student", "assistant", "leader", "doctor", "cook", "captain", "lawyer",
)  # fmt: skip
MATERIALS = (
    "granite", "oak", "copper", "red brick", "marble", "iron", "white limestone", "glass", "bronze",
    "slate", "pine", "clay", "leather", "silk", "wool", "silver", "concrete", "steel", "sandstone", "cedar",
    "brass", "linen", "basalt", "tin", "paper", "ivory", "gold leaf", "straw", "cork", "bamboo",
)  # fmt: skip
COLOURS = (
    "red", "dark blue", "green", "yellow", "white", "black", "pale grey", "purple", "orange", "brown",
    "pink", "black and gold", "red and white", "turquoise", "silver",
)  # fmt: skip
TRADES = (
    "baker", "clockmaker", "surgeon", "sailor", "teacher", "blacksmith", "lawyer", "botanist", "painter",
    "carpenter", "printer", "miller", "chemist", "weaver", "gardener", "shepherd", "engraver", "glassblower",
    "organist", "surveyor", "tailor", "brewer", "fisherman", "librarian", "mason", "poet", "astronomer",
)  # fmt: skip
GOODS = (
    "salt", "timber", "bicycles", "lamps", "cheese", "bells", "paper", "coal", "wool", "sewing machines",
    "cider", "bricks", "rope", "soap", "umbrellas", "pianos", "dried fish", "glass bottles", "tobacco", "tea",
    "maps", "copper wire", "boots", "candles", "honey", "wine", "matches", "tiles", "nails", "carpets",
)  # fmt: skip
CAUSES = (
    "a severe storm", "a shortage of coal", "a fire in the kitchen", "an outbreak of cholera",
    "the collapse of a dam", "a quarrel over wages", "the death of its founder",
    "heavy snow", "a long drought",
    "a swarm of bees", "the rising price of bread", "a cracked bell", "a lost letter", "a new tax on salt",
    "falling rocks", "a mistake in the contract", "the arrival of the railway", "rust in the boiler",
    "a plague of mice", "bad harvests", "a lack of money", "the noise of the machines",
)  # fmt: skip
PURPOSES = (
    "to store grain", "to measure the tides", "to train young doctors", "to protect the harbour",
    "to carry water to the town", "to house sick sailors", "to print cheap books", "to study the stars",
    "to collect tolls", "to honour a local saint", "to teach poor children", "to lift heavy stones",
    "to guide ships at night", "to raise money for orphans", "to dry herbs", "to keep wolves away",
)  # fmt: skip
UNITS = (
    "metres", "kilometres", "tonnes", "feet", "miles", "kilograms", "litres", "hectares", "seats", "pounds",
    "francs", "hours", "days", "years", "degrees", "per cent", "acres", "pages", "steps", "dollars",
)  # fmt: skip
COUNTED = (
    "windows", "rooms", "workers", "members", "ships", "horses", "visitors", "students", "bells", "villages",
    "volumes", "soldiers", "islands", "patients", "trees", "players", "songs", "wheels", "doors", "chapters",
    "lamps", "prisoners", "engines", "bridges", "species of birds",
)  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
NUMBERS = (
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fourteen",
    "fifteen", "twenty", "thirty", "forty-two", "sixty", "ninety",
)  # fmt: skip

OPENERS = (
    "According to old records, ", "In fact, ", "As is well known, ", "It is said that ", "By all accounts, ",
    "Today it is known that ", "Records show that ",
    "Historians agree that ", "For many years, people said that ",
)  # fmt: skip
CLOSERS = (
    ", as the papers reported", ", to the surprise of many", ", which pleased the townspeople",
    ", although few people noticed", ", according to one letter", ", after a long debate",
)  # fmt: skip
FILLERS = (
    "Many travellers have written about {s}.", "Little else is known about {s}.",
    "Not everyone was pleased with {s}.", "A small book about {s} appeared in {year}.",
    "Children in {place} still sing about {s}.", "Several letters that mention {s} have been lost.",
    "The weather in {place} was mild that year.", "{person} later described {s} with affection.",
    "There is a picture of {s} in the school at {place}.", "Some of this has been disputed by {person}.",
    "Others preferred to stay in {place}.", "Nothing of the kind had been seen before {year}.",
)  # fmt: skip
