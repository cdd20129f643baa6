"""The words for numbers, units, days and months."""

import re
from decimal import Decimal


def words_of(text: str) -> list[str]:
    """The words of a list written as one text."""
    return text.split()


def _names(text: str) -> dict[str, str]:
    """ "name: word word; name: word" as word -> name."""
    pairs = (part.split(":") for part in text.split(";"))
    return {word: name.strip() for name, words in pairs for word in words.split()}


ONES = words_of(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = {word: 10 * n for n, word in enumerate(words_of("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
TENS["fourty"] = 40
SMALL = {word: n for n, word in enumerate(ONES)}
BIG = {"hundred": 100, "thousand": 1000, "million": 1_000_000}
FRACTIONS = {"half": Decimal("0.5"), "halves": Decimal("0.5"), "quarter": Decimal("0.25"), "quarters": Decimal("0.25")}
NO_FRACTION_AFTER = {"next", "this", "last", "each", "every", "per", "calendar", "current", "following", "first"}
ORDINALS = {f"{word}th": n for n, word in enumerate(ONES)} | {f"{word[:-1]}ieth": n for word, n in TENS.items()}
ORDINALS |= {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
COUNTED = ("day", "floor", "minute", "week", "month")  # "day 26" is the 26th day

DAYS = {
    word: number
    for number, words in enumerate(
        words_of(
            "monday,mon tuesday,tue,tues wednesday,wed,weds thursday,thu,thur,thurs friday,fri saturday,sat sunday,sun"
        )
    )
    for word in words.split(",")
}
MONTHS = {
    word: number
    for number, month in enumerate(
        words_of("january february march april may june july august september october november december"), 1
    )
    for word in (month, month[:3], month[:4])
}

# Units by what they measure, each as a multiple of the dimension's base: s, month, m, g, l, byte, EUR.
_MEASURES = {
    "s": {1: "s sec secs second seconds", 60: "min mins minute minutes", 3600: "h hr hrs hour hours",
          86400: "day days", 7 * 86400: "week weeks wk wks", 14 * 86400: "fortnight fortnights"},
    "month": {1: "month months mth mths", 12: "year years yr yrs"},
    "m": {"0.001": "mm millimetre millimetres millimeter millimeters",
          "0.01": "cm centimetre centimetres centimeter centimeters",
          1: "m metre metres meter meters", 1000: "km kilometre kilometres kilometer kilometers"},
    "foot": {1: "foot feet ft"},
    "g": {"0.000001": "microgram micrograms", "0.001": "mg milligram milligrams", 1: "g gram grams gramme grammes",
          1000: "kg kgs kilo kilos kilogram kilograms kilogramme kilogrammes"},
    "l": {"0.001": "ml millilitre millilitres milliliter milliliters", 1: "l litre litres liter liters"},
    "byte": {1000: "kb kilobyte kilobytes", 10**6: "mb megabyte megabytes", 10**9: "gb gigabyte gigabytes"},
    "EUR": {1: "€ eur euro euros", "0.01": "cent cents"},
    "USD": {1: "$ usd dollar dollars"},
    "pound": {1: "£ gbp pound pounds"},
    "%": {1: "% percent"},
    "°F": {1: "fahrenheit"},
    "times": {1: "times"},
    "character": {1: "character characters"},
    "cup": {1: "cup cups"},
    "gallon": {1: "gallon gallons"},
    "working hour": {1: ""},
    "working day": {1: ""},
}  # fmt: skip
UNITS = {
    word: (dimension, Decimal(str(factor)))
    for dimension, words in _MEASURES.items()
    for factor, names in words.items()
    for word in names.split()
}
MONEY = {"€", "eur", "$", "usd", "£", "gbp"}
NUMBERED_WORDS = _names(
    "room: room rooms; desk: desk; counter: counter; gate: gate; box: box; door: door; button: button; bay: bay;"
    "extension: extension extention ext x; page: page; passage: passage; section: section; step: step; table: table;"
    "platform: platform; version: version release; level: level; line: line; cabinet: cabinet; bollard: bollard;"
    "locker: locker; block: block; stairwell: stairwell; fridge: fridge; form: form; series: series; bell: bell;"
    "source: source; chapter: chapter; hatch: hatch; entrance: entrance; lift: lift; ward: ward; window: window"
)
NUMBERED = set(NUMBERED_WORDS.values())
DAYTIMES = _names("am: morning mornings; pm: afternoon afternoons evening evenings")
CHANGES = re.compile(r"cut|rise|rose|fell|fall|rais|lower|chang|increas|decreas|drop|grew|gone|went|mov|reduc")
TO = {"to", "until", "till", "-", "through", "thru"}
