"""What orders to a model look like: each rule is a pattern and what it counts for; 1 is enough."""

# ruff: noqa: E501 - a pattern is read in one piece
from __future__ import annotations

import re
from typing import Final

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
_READER: Final = (
    r"(?:(?:any|the|all|dear|hey|every)\s)?(?:ai|a\.i\.|llm|language model|chatbot|(?:ai |virtual )?assistant|ai (?:agent|reader"
    r"|reviewer|model|system)|summari[sz]er|large language model)s?"
)
_ELSEWHERE: Final = (
    # German, French, Spanish and Portuguese, Italian, Dutch, Polish, Russian, Chinese, Japanese
    r"\b(?:ignorier|vergiss|missachte)\w*\b(?! nicht)[^.!?\n]{0,30}\b(?:anweisung|vorgabe|regel|befehl|instruktion)",
    r"\b(?:ignore[zs]?|oublie[zs]?|négligez)\b[^.!?\n]{0,30}\b(?:instructions?|consignes?|règles?|directives?)\b[^.!?\n]{0,20}(?:ci-dessus|précédent|antérieur|plus haut)",
    r"\b(?:ignor[ae]|olvida|esquece|esqueça|desconsidere)\b[^.!?\n]{0,30}\b(?:instru(?:cciones|ções)|órdenes|ordens|reglas|regras)",
    r"\b(?:ignora|dimentica)\b[^.!?\n]{0,30}\b(?:istruzioni|regole|ordini)\b",
    r"\b(?:negeer|vergeet)\b[^.!?\n]{0,30}\b(?:instructies|regels|opdrachten|aanwijzingen)\b",
    r"\b(?:zignoruj|ignoruj|zapomnij)\b[^.!?\n]{0,30}\b(?:instrukcj|poleceni|zasad)",
    r"\b(?:игнорируй|забудь|проигнорируй)\w*[^.!?\n]{0,30}(?:инструкци|указани|правил|команд)",
    r"(?:忽略|无视|忘记|忽視|無視)[^。!?\n]{0,20}(?:指令|指示|规则|提示|命令|規則)",
    r"(?:指示|命令|ルール|プロンプト)[^。!?\n]{0,12}(?:無視|忘れ)",
)
RULES: Final[tuple[tuple[float, re.Pattern[str]], ...]] = tuple(
    (weight, re.compile(pattern, re.IGNORECASE))
    for weight, pattern in (
        (1.0, rf"\b(?:ignore|disregard|forget|override|bypass|overlook|neglect|set aside)\b{_NEAR}?\b{_WHO}{_WHAT}"),
        (1.0, rf"\byou (?:are|'re) (?:now|no longer)\b{_FAR}{_BECOME}"),
        (1.0, rf"\b(?:enter|enable|activate|switch to)\b{_NEAR}{_MODES}"),
        (1.0, rf"\b(?:new|updated|real|actual|important|urgent)\b{_NEAR}\b{_WHAT}s? (?:for|to) (?:you|the {_MODEL})"),
        (1.0, _MARKUP),
        *((1.0, rule) for rule in _ELSEWHERE),
        # What was asked is taken back.
        (
            1.0,
            rf"\b(?:drop|abandon|discard|cancel|stop|disobey|void|nullify)\b{_NEAR}\b{_WHO}(?:instruction|prompt|task|guideline|order)s?\b{_NEAR}\b(?:you|now|above|earlier|given|were|instead)\b",
        ),
        (
            1.0,
            r"\b(?:drop|forget|discard|abandon|stop|disregard|never mind)\b[^.!?\n]{0,12}\b(?:what(?:ever)?|everything|all|the prompt)\b[^.!?\n]{0,24}\b(?:you (?:were|are|have been|got)|told|asked|doing|before|above)\b",
        ),
        (
            1.0,
            rf"\b{_WHAT}s?\b[^.!?\n]{{0,24}}\b(?:given to you|you (?:got|were given|received|have))\b[^.!?\n]{{0,40}}\b(?:void|invalid|cancel|obsolete|mistake|no longer|over)",
        ),
        (
            0.7,
            r"\byour (?:new|current|real|true|only|actual) (?:task|goal|job|objective|mission|purpose|instructions?)\b",
        ),
        (0.6, r"\b(?:instead|what you must really do|the only thing you do)\b[,:]?\s+(?:you |to )?\w+"),
        (0.5, r"\b(?:no longer appl|any ?more than|does not apply|are disabled|is disabled)"),
        # Somebody speaks to the one who reads, who is no person.
        (1.0, rf"\b(?:note|message|instructions?|attention|hint|reminder|memo)\s(?:to|for)\s{_READER}\b"),
        (1.0, rf"(?m)(?:^|[.!?>]\s{{0,3}})(?:dear|hey|hello|attention|hi|to)\s{_READER}\b[^.!?\n]{{0,60}}[,:]"),
        (1.0, rf"\bif you(?:'re| are) (?:an? )?{_READER}\b"),
        (
            0.7,
            r"\byour (?:owner|creator|developer|maker|programmer)s?\b[^.!?\n]{0,24}\b(?:want|ask|order|told|said|instruct|authori[sz]ed|allow)",
        ),
        # Roles and modes.
        (
            0.7,
            r"\b(?:act|behave|respond|answer|speak)\b[^.!?\n]{0,12}\b(?:as|like)\b[^.!?\n]{0,24}\b(?:ai|model|assistant|bot)\b[^.!?\n]{0,30}\b(?:no|without|not)\b",
        ),
        (
            0.7,
            r"\b(?:freed?|rid|without|no|any)\b[^.!?\n]{0,10}\b(?:of )?(?:all |any )?(?:restriction|content polic|filter|safety|guardrail|censorship)",
        ),
        (
            0.6,
            r"\b(?:override|access|unlock) code\b|\bsafety (?:checks?|filters?|rules?)\b|\b(?:jailbreak|unrestricted|unfiltered)\b",
        ),
        (
            0.6,
            r"\b(?:imagine|suppose|assume)\b[^.!?\n]{0,12}\byou\b[^.!?\n]{0,24}\b(?:freed|unrestricted|no rules|no limits|root|admin)",
        ),
        (1.0, r"\byou\b[^.!?\n]{0,30}\b(?:obey|follow|have|know) no (?:rules|limits|restrictions|laws|filter)\b"),
        # Prompts are asked for.
        (
            1.0,
            r"\b(?:words|text|content|copy|beginning) of\b[^.!?\n]{0,16}\b(?:your|the) (?:system|initial|hidden|original|first) (?:prompt|instructions?|message)\b",
        ),
        (
            1.0,
            r"\b(?:repeat|print|output|show|write)\b[^.!?\n]{0,12}\b(?:everything|all|the text|the words|whatever)\b[^.!?\n]{0,16}\b(?:above|before this)\b",
        ),
        (
            1.0,
            r"\b(?:translate|encode|spell|summari[sz]e)\b[^.!?\n]{0,12}\byour (?:hidden|system|initial|secret)?\s?(?:prompt|instructions)\b",
        ),
        # Marks that pretend to end what is quoted, or to be another's words.
        (
            1.0,
            r"(?i)</(?:document|context|quote|data|tool_result|result|article|user|input)>[^\n]{0,40}\b(?:system|assistant|user)\s?:",
        ),
        (
            1.0,
            r"-{3,}\s?(?:begin|end) of (?:the )?(?:context|document|prompt|data|conversation)\b|\bnew (?:user|system) (?:request|prompt|message)\s?:",
        ),
        (1.0, r"[\"']role[\"']\s?:\s?[\"'](?:system|assistant|developer)[\"']"),
        (1.0, r"</?system>"),
        # Tools are called by their names.
        (1.0, r"\b(?:call|use|invoke|execute|run|trigger)\b[^.!?\n]{0,16}\b[a-z]{2,20}_[a-z_]{2,30}\b"),
        (
            0.6,
            r"\b(?:use|invoke|run|call)\b[^.!?\n]{0,8}\b(?:shell|e-?mail|calendar|browser|file|search|payment)s? (?:tool|function)\b[^.!?\n]{0,16}\b(?:with|to|and)\b",
        ),
        (0.6, r"\bcurl\b[^\n]{0,60}\|\s?(?:ba)?sh\b|\brm -rf\b"),
        # What is private goes out, or something comes into what is said.
        (
            0.7,
            r"\b(?:send|forward|mail|post|append|encode|include|put|add|copy)\b[^.!?\n]{0,24}\b(?:everything you know|all (?:of )?the|the conversation|the contents?|the api key|the (?:access )?token|the history|chat history|user's|what (?:the user|they) (?:said|wrote))",
        ),
        (0.6, r"https?://[^\s)]{1,200}\?\w{1,16}=(?:\{|$|[\s)])"),
        (
            0.6,
            r"(?:https?://|\b[\w.]{1,40}@)[\w.-]{1,80}[^.!?\n]{0,60}\b(?:when you|before answering|in the (?:query|link|image))\b",
        ),
        (
            1.0,
            r"\b(?:into|to|in|of|with) (?:every|each|all|your) (?:of your )?(?:repl(?:y|ies)|answers?|responses?|outputs?|summar(?:y|ies)|mails? you send)\b[^.!?\n]{0,30}(?:https?:|\bthat\b|\bthe link\b)",
        ),
        (0.6, r"\bslip\b[^.!?\n]{0,20}\b(?:link|address|name|text)\b"),
        (
            0.6,
            r"\b(?:secretly|silently|quietly|covertly)\b[^.!?\n]{0,12}\b(?:add|send|forward|change|delete|include|set|install|bcc)\b",
        ),
        # Nobody is to know.
        (
            0.6,
            r"\b(?:need not|must not|should not|do(?:es)? not need to)\b[^.!?\n]{0,12}\bknow\b|\bkeep this (?:between us|secret|hidden)\b",
        ),
        (
            0.6,
            r"\bwithout\b[^.!?\n]{0,12}\b(?:letting|the)\b[^.!?\n]{0,12}\b(?:user|person|human|owner)\b[^.!?\n]{0,12}\b(?:see|know|notic)",
        ),
        (
            1.0,
            r"\b(?:do not|don't|never|under no circumstances|by no means)\b[^.!?\n]{0,8}\b(?:tell|inform|alert|notify)\b[^.!?\n]{0,8}\b(?:the (?:user|human|person|owner))\b",
        ),
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
