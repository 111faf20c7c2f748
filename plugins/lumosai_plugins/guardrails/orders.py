"""Does a text give orders to a model? Rules that each count for something, over the text as a model would read it."""

from __future__ import annotations

import re
from collections import OrderedDict
from hashlib import sha256
from typing import Final

from lumosai_plugins.guardrails.normalize import seen

_WHO: Final = (
    r"(?:(?:all|any|the|your|my|these|those|of|above|previous|prior|earlier|preceding|existing|system|developer|safety)"
    r" ){0,5}"
)
_WHAT: Final = (
    r"(?:instruction|prompt|rule|guideline|direction|command|restriction|polic|context|message|filter|training)"
)
_NEAR, _SAME, _FAR = r"[^.!?\n]{0,20}", r"[^.!?\n]{0,40}", r"[^.!?\n]{0,60}"
_MODEL: Final = r"\b(?:ai|assistant|language model|llm|agent|chatbot)s?\b"
_DO: Final = (
    r"\b(?:send|email|forward|delete|transfer|execute|run|call|post|upload|click|visit|download|buy|include|say|output"
    r"|respond)\b"
)
_GIVE: Final = r"\b(?:send|email|forward|post|upload|exfiltrate|transmit|copy)\b"
_OURS: Final = (
    r"\b(?:password|credential|api key|token|secret|conversation|chat history|private|confidential|contacts|files)s?\b"
)
_MODES: Final = r"\b(?:developer|debug|god|dan|jailbreak|unrestricted|admin) mode\b"
_BECOME: Final = r"\b(?:assistant|ai|bot|model|dan|developer mode|bound|restricted|jailbroken|unrestricted|evil)\b"
_MARKUP: Final = (
    r"<\|?(?:im_start|im_end|system|endoftext|start_header_id)\|?>|\[/?INST\]|<</?SYS>>"
    r"|(?m:^\s{0,3}#{0,3}\s?(?:system|assistant)\s?:)"
)
_RULES: Final[tuple[tuple[float, re.Pattern[str]], ...]] = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, rf"\b(?:ignore|disregard|forget|override|bypass|overlook|neglect|set aside)\b{_NEAR}?\b{_WHO}{_WHAT}"),
        (1.0, rf"\byou (?:are|'re) (?:now|no longer)\b{_FAR}{_BECOME}"),
        (1.0, rf"\b(?:enter|enable|activate|switch to)\b{_NEAR}{_MODES}"),
        (1.0, rf"\b(?:new|updated|real|actual|important|urgent)\b{_NEAR}\b{_WHAT}s? (?:for|to) (?:you|the {_MODEL})"),
        (1.0, _MARKUP),
        (
            0.7,
            (
                rf"\b(?:reveal|print|repeat|output|show|tell me|leak|disclose|send)\b{_SAME}\b"
                r"(?:system prompt|initial prompt|hidden prompt|your (?:instructions|prompt|rules))\b"
            ),
        ),
        (1.0, rf"{_MODEL}{_SAME}\b(?:must|should|have to|need to|please|shall)\b{_FAR}{_DO}"),
        (0.8, rf"{_GIVE}{_FAR}{_OURS}{_FAR}\bto\b[^.!?\n]{{0,10}}(?:https?:|\S{{1,64}}@\S|\S{{1,64}}\.\w{{2}})"),
        (
            0.6,
            (
                rf"\b(?:do not|don't|never)\b{_NEAR}\b(?:tell|inform|mention|alert|notify|reveal)\b{_SAME}"
                r"\b(?:the user|the person|anyone|the human|them)\b"
            ),
        ),
        (0.5, rf"\bwithout\b{_NEAR}\b(?:asking|telling|notifying|informing|confirmation|permission|the user)\b"),
        (
            0.5,
            (
                rf"\b(?:call|use|invoke|execute|run)\b{_NEAR}\b(?:tool|function|command)s?\b{_SAME}"
                r"\b(?:with|now|immediately|following)\b"
            ),
        ),
        (0.6, r"!\[[^\]\n]{0,100}\]\(https?://[^)\s]{1,300}\?[^)\s]{0,300}(?:=|\{)"),
        (0.6, rf"\b(?:from now on|starting now|henceforth)\b{_NEAR}\byou\b"),
        (0.6, rf"\bpretend\b{_SAME}\b(?:you are|to be|you have no)\b"),
        (0.5, r"\b(?:highest|top|maximum|absolute) priority\b|\bthis (?:overrides|supersedes)\b"),
    )
)
_KEPT: Final = 4096
_scores: OrderedDict[bytes, float] = OrderedDict()
"""By the texts' digests: conversations are looked at again with each request, and may be long."""


def score(text: str) -> float:
    """Return how much a text looks like orders; from 1 on it does."""
    key = sha256(text.encode("utf-8", "surrogatepass")).digest()
    known = _scores.get(key)
    if known is None:
        plain = seen(text)
        known = _scores[key] = round(sum(weight for weight, rule in _RULES if rule.search(plain)), 2)
        if len(_scores) > _KEPT:
            _scores.popitem(last=False)
    return known
