"""Whether a text abstains from answering."""

import re

ABSTENTION = "I don't know."

_NOT = r"(?: not|n't| never)"
_CANNOT = r"(?:cannot|can't|can not|could not|couldn't)"
_DOES_NOT = rf"(?:(?:do|does|did){_NOT}|never|fails? to|{_CANNOT})"
_SOURCE = (
    r"(?:(?:the|this|that|these|those|any|my|your|our|given|provided|retrieved|above|supplied|available) )*"
    r"(?:passages?|documents?|handbook|texts?|contexts?|sources?|materials?|excerpts?|extracts?|information|articles?"
    r"|pages?|sections?|documentation|search results?|results)(?: (?:provided|given|above|supplied))?"
)
_SAY = (
    r"(?:(?:actually|explicitly|really|directly|clearly) )?(?:say|state|mention|give|provide|contain|include|specify"
    r"|answer|address|cover|tell|explain|name|list|indicate|describe|reveal|disclose|define|discuss|clarify|identify"
    r"|offer|hold|show|touch|report|know)s?"
)
_STATED = (
    r"(?:\w+ly )?(?:stated|mentioned|given|specified|known|provided|explained|answered|addressed|disclosed|indicated"
    r"|described|defined|discussed|revealed)"
)
_LISTED = r"(?:\w+ly )?(?:included|contained|covered|recorded|named|found|listed)"
_KNOW = (
    r"(?:(?:really|honestly|simply|just|quite) )?(?:know|say|tell|answer|determine|find|see|confirm|give|provide"
    r"|identify|locate|recall|remember|be (?:sure|certain))\b"
)
_INFORMATION = r"(?:mention|information|answer|details?|indication|reference|record|data|statement|hint|clue)"
_IS_NOT = r"(?:\b(?:is|are|was|were)|'s)(?: not|n't)"
_OPEN = (  # what follows when it is the answer that is unknown, and not a sender or a number
    r"(?= ?(?:$|[,.;:(]|from\b|in\b|by\b|how|who|what|whether|which|when|where|why|if\b|anywhere|here|at all|yet))"
)
_SORRY = r"^(?:(?:sorry|unfortunately|well),? )*"

_THE_SPEAKER_DOES_NOT_KNOW = (
    rf"\b(?:i|we) (?:\w+ly )?(?:do{_NOT}|{_CANNOT}) {_KNOW}",
    rf"{_SORRY}(?:(?:do not|don't) know|(?:cannot|can't) (?:say|tell|answer|determine))\b",
    r"\b(?:i|we) (?:did not|didn't|could not|couldn't) (?:find|see|locate)\b",
    rf"(?:\b(?:i|we)(?: am|'m| was| are|'re| were)|{_SORRY}) ?(?:unable|not able) to {_KNOW}",
    rf"(?:{_SORRY}|\b(?:i|we) have )(?:absolutely )?no (?:idea|clue)\b",
    r"\b(?:i am|i'm|we are|we're) (?:(?:really|quite|honestly) )?(?:not (?:sure|certain|aware)|unsure|uncertain)\b",
    r"^(?:not sure|unsure|uncertain|not certain|unclear|unknown|n/a|not applicable|undetermined|unanswerable)\b",
)
_THE_SOURCE_DOES_NOT_SAY = (
    rf"\b{_SOURCE} (?:\w+ ){{0,6}}?(?:but |and |, but )?{_DOES_NOT} {_SAY}\b",
    rf"{_SORRY}(?:it|they|this|that) {_DOES_NOT} (?:say|specify|mention|state|tell|answer|know)\b{_OPEN}",
    rf"\bit {_CANNOT} (?:say|answer|tell)\b(?= ?(?:$|[.,;]|that\b|this\b|whether|who|what|how|which|from\b))",
    rf"\b(?:none|neither|nothing|no) (?:of |in )?(?:{_SOURCE}|them|these|those|here) (?:\w+ )?{_SAY}\b",
    rf"\b(?:none|neither) of {_SOURCE}",
    rf"\b(?:makes?|made|there(?:'s| is| was)|i (?:see|find|found)|contains?|has|have|gives?|provides?|offers?|with) no"
    rf" {_INFORMATION}\b(?! desk| point| sheet| line)",
    rf"\bno (?:\w+ )?{_INFORMATION}(?: (?:is|was|are|can be|could be|on|about|of))*"
    r" (?:given|provided|found|available|stated|made|included)\b",
    rf"^(?:there is )?no {_INFORMATION}\b(?= ?(?:$|[.,;]|available|about|on\b|in\b|found|of\b))",
    rf"\bnothing (?:is|was) (?:said|written|{_STATED})\b",
    rf"\bnothing (?:about|on) (?:that|this|it|the)\b.* in {_SOURCE}|\bnowhere in {_SOURCE}",
    rf"\b{_SOURCE} (?:is|are|remains?) silent\b|\bleaves? (?:this|that|it|the question) open\b",
    r"\b(?:do|does|did)(?: not|n't) have (?:(?:enough|sufficient|any|that|this|the|such) )*"
    r"(?:information|context|answer|details?|data)\b",
    r"\b(?:not enough|insufficient) (?:information|context|details?|data)\b",
    r"\b(?:information|context) (?:\w+ )?(?:is|are) (?:insufficient|missing|lacking|not (?:enough|sufficient))\b",
)
_IT_IS_NOT_STATED = (
    rf"{_IS_NOT} {_LISTED} (?:in|by|among) {_SOURCE}",
    rf"{_IS_NOT} {_STATED}\b(?= ?(?:$|[.;]|anywhere|here\b|whether|how|who|what|which"
    rf"|in (?:any of |either of )?{_SOURCE}|by {_SOURCE}|from {_SOURCE}))",
    r"\b(?:answer|information|this|that|it|details?)\b(?: \w+)?"
    rf" {_IS_NOT} (?:\w+ )?(?:in|part of|among|to be found in) {_SOURCE}",
    rf"\b(?:answer|information)\b(?: \w+)? {_IS_NOT} (?:available|given|provided|known|there)\b",
    rf"^not (?:{_STATED}|{_LISTED}|available)\b(?! before| until| after)",
    rf"(?:\b(?:is|are|remains?)|'s) (?:unknown|unclear|uncertain|unspecified|not (?:\w+ly )?(?:known|clear|certain))"
    rf"{_OPEN}",
    r"\b(?:cannot|can't|can not|could not|couldn't) be (?:\w+ly )?"
    r"(?:determined|answered|inferred|deduced|established|derived|concluded|known|said|found (?:in|from))\b",
    r"\b(?:impossible|not possible|no way) to (?:say|tell|determine|know|answer|be sure|find out)\b",
    r"\b(?:beyond|outside|out of) (?:the )?scope\b",
)
_FORMS = [re.compile(form) for form in _THE_SPEAKER_DOES_NOT_KNOW + _THE_SOURCE_DOES_NOT_SAY + _IT_IS_NOT_STATED]
_OTHERS = re.compile(  # what others do not know is no abstention
    r"(?:^|(?<=[.;,] ))(?:if|whoever|whichever|when|those who|anyone|anybody|(?:\w+ )?(?!says|states)\w+s who)\b[^.;]*"
)


def abstains(text: str) -> bool:
    """Whether a text abstains from answering: it does not know, or says that its sources do not say.

    What it quotes does not count, nor what it says of others: "Callers who don't know the number ask at the desk."
    """
    text = re.sub(r"[*_`#>]|\[[^\]]*\d[^\]]*\]", " ", text.casefold().translate(dict.fromkeys(map(ord, "’‘"), "'")))
    text = re.sub(r'["“”«»][^"“”«»]*["“”«»]', '""', " ".join(text.split()))
    for sentence in re.split(r"(?<=[.!?])\s+", text):
        own = _OTHERS.sub("", sentence).strip(" .!?-")
        own = re.sub(r"^(?:the )?answer(?: is)?: ?", "", own)
        if any(form.search(own) for form in _FORMS):
            return True
    return False
