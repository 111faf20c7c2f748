"""What texts of strangers tell their readers to do that these should be warned of, as patterns.

Each pattern is bounded: a text takes no longer than its length, whatever it holds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Level = Literal["info", "warning", "danger"]
LEVELS: Final[tuple[Level, ...]] = ("info", "warning", "danger")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, under a stable name, and what is said of it. Any of the patterns will do."""

    name: str
    level: Level
    words: str
    pattern: re.Pattern[str]


def _rule(name: str, level: Level, words: str, *patterns: str) -> Rule:
    return Rule(name, level, words, re.compile("|".join(f"(?:{p})" for p in patterns), re.IGNORECASE))


def _some(words: str) -> str:
    """Return a pattern of any of *words*; a space in one is any white space."""
    return "(?:" + "|".join(w.replace("_", r"\s{1,4}") for w in words.split()) + ")"


_SHELL = r"(?:sudo\s+)?(?:ba|z|da|k|fi)?sh\b|(?:sudo\s+)?python[0-9.]*\b|\biex\b|invoke-expression|node\b|perl\b"
_FETCH = r"\b(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod)\b"
_READER = _some("ai llm agents? assistants? models? claude chatgpt gpt copilot gemini")
_DROP = _some("ignore disregard forget override bypass")
_ADDRESS = _some("note message instructions? attention important notice")
_HUMAN = _some("users? human owner operator person")
_NOT_MINE = _some("previous prior above earlier other all any your system")
_ORDERS = _some("instructions? prompts? rules guidelines directions? messages?")
_OUGHT = _some("must should shall need_to have_to are_to")
_ACTS = _some("run execute call use invoke install send read open fetch approve ignore print reply answer")
_TELLS = _some("tell telling mention mentioning inform informing ask asking show showing reveal notify notifying")
_CHECKS = _some("verification signatures? sandbox consent permissions? policy antivirus firewall gatekeeper checks?")
_OFF = _some("disable turn_off switch_off skip deactivate bypass")
_SENDS = _some("paste send post upload submit e-?mail print echo cat include append forward exfiltrate")
_PRIVATE = (
    r"(?:api[\s_-]{0,2}keys?|tokens?\b|passwords?|passphrases?|secrets?\b|credentials?|private\s+keys?"
    r"|\.env\b|\.ssh\b|id_rsa|id_ed25519|\.aws\b|\.netrc|keychain|cookies?\b)"
)
_INSTALLERS = _some("pip3? pipx uv uv_pip uvx npm pnpm yarn npx brew apt apt-get dnf conda cargo gem choco winget")

HIDDEN: Final = _rule(
    "text.hidden",
    "danger",
    "it holds text that people do not see and programs read",
    r"[\u200b-\u200d\u2060-\u2064\ufeff]{3,}",
    r"[\u202a-\u202e\u2066-\u2069]",
    "[\U000e0001-\U000e007f]{2,}",
    r"display\s{0,3}:\s{0,3}none",
    r"font-size\s{0,3}:\s{0,3}0",
    r"visibility\s{0,3}:\s{0,3}hidden",
)

RULES: Final = (
    _rule(
        "text.pipe-to-shell",
        "danger",
        "it tells its reader to fetch a program and run it at once, which nobody has looked at or signed",
        rf"{_FETCH}[^\n]{{0,300}}\|\s{{0,8}}(?:{_SHELL})",
        rf"(?:{_SHELL})\s{{1,4}}(?:-c\s{{0,4}})?[\"']?[<$]?\({_FETCH}",
        rf"\biex\b\s{{0,4}}\(?[^\n]{{0,80}}(?:{_FETCH}|downloadstring)",
        r"base64\s{1,4}(?:-d|--decode)[^\n]{0,80}\|",
        r"powershell[^\n]{0,80}\s-e(?:nc|ncodedcommand)?\s",
    ),
    _rule(
        "text.orders-agents",
        "danger",
        "it is written for an AI agent that reads it, and tells that what to do",
        rf"\b{_DROP}\b[^\n.]{{0,40}}\b{_NOT_MINE}\b[^\n.]{{0,30}}\b{_ORDERS}",
        rf"\b{_ADDRESS}\b[^\n.]{{0,20}}\b(?:to|for)\b[^\n.]{{0,20}}\b{_READER}\b",
        rf"\b(?:if|when|as|since)\s{{1,4}}you(?:'re|\s{{1,4}}are)?\s{{1,4}}(?:an?\s{{1,4}})?[^\n.]{{0,20}}\b{_READER}\b",
        rf"\b{_READER}\b[^\n.]{{0,30}}\b{_OUGHT}\b[^\n.]{{0,60}}\b{_ACTS}\b",
        rf"\byou\s{{1,4}}{_OUGHT}\b[^\n.]{{0,40}}\b{_some('call invoke use')}\b[^\n.]{{0,40}}\b(?:tool|function)\b",
        rf"\bbefore\s{{1,4}}{_some('using calling answering replying')}\b[^\n.]{{0,60}}\b{_ACTS}\b",
        r"\bsystem\s{0,2}(?:prompt|message)\b",
        r"<\|[a-z_]{2,20}\|>|\[/?INST\]|</?\s{0,2}(?:system|assistant|important|instructions?)\s{0,2}>",
        rf"\b(?:do\s+not|don't|never|without)\b[^\n.]{{0,20}}\b{_TELLS}\b[^\n.]{{0,30}}\b{_HUMAN}\b",
    ),
    _rule(
        "text.asks-for-secrets",
        "warning",
        "it wants keys, passwords or files with such to be sent or shown somewhere",
        rf"\b{_SENDS}\b(?<!never send)(?<!not send)[^\n.]{{0,60}}{_PRIVATE}",
    ),
    _rule(
        "text.weakens-checks",
        "danger",
        "it wants checks to be switched off that protect from what it may be",
        r"\blumos\s{1,4}trust\s{1,4}(?:add|allow)\b",
        r"--(?:insecure|no-verify|no-check|skip-verif\w{0,12}|trusted-host|allow-unsafe)\b",
        rf"\b{_OFF}\b[^\n.]{{0,30}}\b{_CHECKS}\b",
        r"\bdefault\s{0,3}=\s{0,3}[\"']allow[\"']",
        r"\bverify\s{0,3}=\s{0,3}false\b",
        r"\bplugin\s{1,4}install\b[^\n]{0,80}\s--yes\b",
    ),
    _rule(
        "text.other-index",
        "warning",
        "it names another place to install from, where somebody else decides what the name means",
        r"--(?:extra-)?index-url\b",
        r"\bfind-links\b",
        r"--index\s{1,4}https?:",
    ),
    _rule(
        "text.runs-commands",
        "warning",
        "it tells its reader to run commands with rights that no plugin needs",
        r"\bsudo\s{1,4}\w",
        r"\bchmod\s{1,4}(?:\+x|a\+|[0-7]?777)\b",
        r"\brm\s{1,4}-[rf]{1,2}\b",
        r"\bxattr\s{1,4}-d\b",
        r"\bset-executionpolicy\b",
        r"\b(?:crontab|launchctl|systemctl\s{1,4}enable|reg\s{1,4}add)\b",
    ),
    _rule(
        "text.installs-otherwise",
        "info",
        "it explains to install something by other means: that is not verified here",
        rf"\b{_INSTALLERS}\s{{1,4}}(?:install|add|i)\s{{1,4}}[\w@./-]",
        r"\bnpx\s{1,4}[\w@]",
        r"\bdocker\s{1,4}run\b",
    ),
    HIDDEN,
)
