# ruff: noqa: E501, PLR2004, RUF043
from __future__ import annotations

import shlex
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.trust.making import GITHUB, REF, REPOSITORY, WORKFLOW

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.policy import Policy, Request, Rule
from lumosai_sdk.errors import ConfigError, NotFoundError
from lumosai_sdk.permissions import Permissions

INDEX = "https://market.example"
CI = Signer(GITHUB, f"{REPOSITORY}/{WORKFLOW}@{REF}", REPOSITORY, "123", "45", WORKFLOW, REF)
PERSON = Signer("https://idp.example", "dev@acme.com")
RULE = f"""
[[rule]]
name = "acme"
plugins = "acme/*"
instance = "{INDEX}"
index = "{INDEX}/"
issuer = "{GITHUB}"
repository = "{REPOSITORY}"
repository_id = "123"
owner_id = "45"
workflow = "{WORKFLOW}"
ref = "refs/tags/v*"
kinds = ["tool"]
max_permissions = {{ http = ["GET https://api.open-meteo.com/*"], clock = true }}
min_age = "2d"
"""


def request(**other: Any) -> Request:
    asked = Request(
        name=Name("acme", "weather"),
        version="1.0.0",
        signer=CI,
        instance=INDEX,
        index=INDEX,
        signed=0.0,
        now=3 * 86_400.0,
        kinds=frozenset({"tool"}),
        permissions=Permissions(http=("GET https://api.open-meteo.com/v1/*",)),
    )
    return replace(asked, **other)


def refusal(policy: Policy, asked: Request) -> RefusedError:
    with pytest.raises(RefusedError) as refused:
        policy.decide(asked)
    return refused.value


def test_a_rule_that_holds_in_all_lets_in() -> None:
    assert Policy.parse(RULE).decide(request()).label == "acme"


SIGNED_BY_OTHERS = {
    "issuer": {"issuer": "https://evil.example"},
    "repository": {"repository": "https://github.com/evil/weather"},
    "repository-id": {"repository_id": "666"},
    "owner-id": {"owner_id": "666"},
    "workflow": {"workflow": ".github/workflows/evil.yml"},
    "ref": {"ref": "refs/heads/main"},
}
OTHERWISE: dict[str, dict[str, Any]] = {
    "instance": {"instance": "https://evil.example"},
    "index": {"index": "https://evil.example"},
    "runtime": {"runtime": "python"},
    "kinds": {"kinds": frozenset({"tool", "auth"})},
    "max-permissions": {"permissions": Permissions(http=("GET https://evil.example/*",))},
    "min-age": {"now": 86_400.0},
}


@pytest.mark.parametrize(
    ("key", "asked"),
    [(k, request(signer=replace(CI, **v))) for k, v in SIGNED_BY_OTHERS.items()]
    + [(k, request(**v)) for k, v in OTHERWISE.items()],
)
def test_a_condition_that_does_not_hold_is_named_with_the_rule_and_its_line(key: str, asked: Request) -> None:
    error = refusal(Policy.parse(RULE), asked)
    assert error.rule == f"trust.{key}"
    assert "'acme' (lumos-trust.toml:2)" in error.message
    assert key.replace("-", "_") in error.message
    assert "lumos trust add acme/weather" in str(error.hint)


def test_without_a_rule_nothing_is_let_in() -> None:
    for policy in (Policy(), Policy.parse('default = "deny"'), Policy.load("/nowhere/lumos-trust.toml")):
        assert refusal(policy, request()).rule == "trust.no-rule"


def test_who_is_trusted_for_others_is_told_so() -> None:
    error = refusal(Policy.parse(RULE), request(name=Name("other", "weather")))
    assert "'acme' trusts its signer, for other plugins" in error.message


def test_an_index_can_only_make_a_plugin_younger() -> None:
    policy, now = Policy.parse(RULE), time.time()
    assert refusal(policy, request(signed=now - 9 * 86_400, published=now - 60, now=now)).rule == "trust.min-age"
    assert refusal(policy, request(signed=now - 60, published=1.0, now=now)).rule == "trust.min-age"


def test_python_code_is_let_in_only_where_a_rule_says_so() -> None:
    text = f'[[rule]]\nplugins = "*"\nissuer = "{GITHUB}"\nrepository_id = "123"\n'
    assert refusal(Policy.parse(text), request(runtime="python")).rule == "trust.runtime"
    assert Policy.parse(text + 'runtime = "python"').decide(request(runtime="python")).plugins
    assert Policy.parse(text + 'runtime = "python"').decide(request()).plugins
    assert refusal(Policy.parse(text + 'runtime = "python"'), request(runtime="native")).rule == "trust.runtime"


WHO = f'issuer = "{GITHUB}"\n'


def rules(*pairs: tuple[str, str]) -> Policy:
    return Policy.parse("".join(f'[[rule]]\nplugins = "{g}"\n{WHO}repository_id = "{i}"\n' for g, i in pairs))


def test_the_closest_rules_decide_wherever_they_stand() -> None:
    # A rule for everybody does not undo that a plugin is pinned.
    for pairs in ((("*", "123"), ("acme/weather", "9")), (("acme/weather", "9"), ("*", "123"))):
        assert refusal(rules(*pairs), request()).rule == "trust.repository-id"
        assert refusal(rules(*pairs), request()).message.count("acme/weather") >= 2
    assert rules(("*", "9"), ("acme/*", "123")).decide(request()).plugins
    assert refusal(rules(("acme/wea*", "9"), ("acme/*", "123")), request()).rule == "trust.repository-id"
    assert rules(("*/weather", "9"), ("acme/*", "123")).decide(request()).plugins


def test_of_rules_that_are_equally_close_one_is_enough() -> None:
    assert rules(("acme/*", "9"), ("acme/*", "123")).decide(request()).repository_id == "123"


def test_the_rule_that_fails_least_is_the_one_that_is_told() -> None:
    policy = Policy.parse(
        f'[[rule]]\nname = "far"\nplugins = "acme/*"\nissuer = "x"\nsubject = "y"\n{RULE.replace("acme/*", "acme/*")}'
    )
    assert "'acme'" in refusal(policy, request(runtime="python")).message


# --- one's own work


LOCAL = '[[rule]]\nplugins = "local/*"\ninstance = "local"\n'


def test_ones_own_work_is_let_in_by_ones_own_instance_alone() -> None:
    own = request(name=Name("local", "weather"), instance="local", index="", signer=PERSON)
    assert Policy.parse(LOCAL).decide(own).plugins
    error = refusal(Policy.parse(LOCAL), replace(own, instance=INDEX))
    assert error.rule == "trust.instance"
    assert "lumos plugin sign" in str(error.hint)
    assert refusal(Policy.parse(LOCAL), request()).rule == "trust.no-rule"


def test_no_rule_for_everybody_is_one_for_what_calls_itself_ones_own() -> None:
    policy = Policy.parse(f'[[rule]]\nplugins = "*"\n{WHO}repository_id = "123"\n')
    assert refusal(policy, request(name=Name("local", "weather"))).rule == "trust.no-rule"
    for glob in ("l*/weather", "?ocal/*", "*/weather"):
        policy = Policy.parse(f'[[rule]]\nplugins = "{glob}"\n{WHO}repository_id = "123"\n')
        assert refusal(policy, request(name=Name("local", "weather"))).rule == "trust.no-rule"


def test_a_workflow_is_its_repositorys_number_and_not_its_name() -> None:
    policy = Policy.parse(f'[[rule]]\nplugins = "acme/*"\n{WHO}subject = "{REPOSITORY}/*"\n')
    assert refusal(policy, request()).rule == "trust.repository-id"
    policy = Policy.parse(f'[[rule]]\nplugins = "acme/*"\n{WHO}subject = "{REPOSITORY}/*"\nowner_id = "45"\n')
    assert policy.decide(request()).plugins


def test_a_person_is_named_or_fits_a_glob() -> None:
    policy = Policy.parse('[[rule]]\nplugins = "acme/*"\nissuer = "https://idp.example"\nsubject = "*@acme.com"\n')
    assert policy.decide(request(signer=PERSON)).plugins
    for subject in ("dev@acme.com.evil.example", "dev@evil.example", "@acme.co"):
        assert refusal(policy, request(signer=replace(PERSON, subject=subject))).rule == "trust.subject"


# --- the file


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("default = 'allow'", 1, "default"),
        ("defualt = 'deny'", 1, "did you mean 'default'"),
        ("\n[[rule]]\nplugins = 'acme/*'\n", 2, "issuer"),
        ("[[rule]]\nissuer = 'x'\n", 1, "plugins"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\n", 1, "who signs"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\nsubject = '*'\n", 1, "who signs"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\nrepository = 'y'\n", 1, "repository_id"),
        ("[[rule]]\nplugins = 'acme'\nissuer = 'x'\nsubject = 'y'\n", 2, "no plugin's name"),
        ("[[rule]]\nplugins = 'Acme/[x]'\nissuer = 'x'\nsubject = 'y'\n", 2, "no plugin's name"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\nsubject = 'y'\nmin_age = 'soon'\n", 5, "3d"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\nsubject = 'y'\n# c\nruntime = 'native'\n", 6, "runtime"),
        ("[[rule]]\nplugins = 'acme/*'\nissuer = 'x'\nsubject = 'y'\nkinds = ['tol']\n", 5, "kinds"),
        ("[[rule]]\nplugins = 'a/b'\nissuer = 'x'\nsubject = 'y'\n[rule.max_permissions]\nhttp = ['x']\n", 5, "http permission"),
        ("[[rule]]\nplugins = 'a/b'\nissuer = 'x'\nsubject = 'y'\nmax_permissions = {htp = []}\n", 5, "unknown permission"),
        ("[[rule]]\nplugins = 'a/b'\nissuer = 'x'\nsubject = 'y'\n[[rule]]\nplugins = 'c/d'\nisuer = 'x'\n", 7, "issuer"),
        ("[[rule]]\nplugins = 'local/*'\nissuer = 'x'\nsubject = 'y'\n", 1, 'instance = "local"'),
        ("[[rule]]\nplugins = 'local/*'\ninstance = 'https://x'\nissuer = 'x'\nsubject = 'y'\n", 1, 'instance = "local"'),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_file_line_and_key(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        Policy.parse(text, Path("lumos-trust.toml"))
    assert wrong.value.message.startswith(f"lumos-trust.toml:{line}: "), wrong.value.message
    assert said in wrong.value.message
    assert wrong.value.hint == "lumos trust check"


def test_what_is_no_toml_is_told_with_its_line() -> None:
    with pytest.raises(ConfigError, match="not TOML.*line 2"):
        Policy.parse("default = 'deny'\n[[rule]\n")
    with pytest.raises(ConfigError, match="not TOML"):
        Policy.parse("x = " + "[" * 100_000)


def test_two_rules_of_one_name_are_a_mistake() -> None:
    one = f'[[rule]]\nname = "a"\nplugins = "acme/*"\n{WHO}repository_id = "1"\n'
    with pytest.raises(ConfigError, match="two rules are called 'a'"):
        Policy.parse(one * 2)


@pytest.mark.parametrize("content", [b"\xff\xfe", b" " * (1024 * 1024 + 1)])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lumos-trust.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"lumos-trust\.toml: "):
        Policy.load(path)


def test_the_last_rule_is_removed_and_another_added(tmp_path: Path) -> None:
    path = tmp_path / "lumos-trust.toml"
    rule = Rule(name="one", plugins=("acme/*",), instance="local")
    policy = Policy.load(path).add(rule).remove("one")
    assert policy.rules == ()
    assert [r.label for r in policy.add(rule).rules] == ["one"]
    assert [r.label for r in Policy.load(path).rules] == ["one"]


def test_a_rule_is_added_and_removed_and_comments_stay(tmp_path: Path) -> None:
    path = tmp_path / "lumos-trust.toml"
    path.write_text(f"# whom we trust\ndefault = 'deny' # always\n{RULE}# the end\n", encoding="utf-8")
    rule = Rule.model_validate(
        {"name": "mine", "plugins": ["local/*"], "instance": "local", "max_permissions": {"kv": True}}
    )
    added = Policy.load(path).add(rule)
    assert [r.label for r in added.rules] == ["acme", "mine"]
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# whom we trust\ndefault = 'deny' # always")
    assert "# the end" in text
    again = Policy.load(path)
    assert again.rules == added.rules
    assert again.rules[1].max_permissions == Permissions(kv=True)
    assert [r.label for r in again.remove("acme").rules] == ["mine"]
    assert "# whom we trust" in path.read_text(encoding="utf-8")
    with pytest.raises(NotFoundError, match="no rule 'acme'"):
        again.remove("acme")


def test_the_first_rule_makes_the_file(tmp_path: Path) -> None:
    path = tmp_path / "lumos-trust.toml"
    rule = Rule.model_validate({"plugins": ["local/*"], "instance": "local", "max_permissions": {}})
    Policy.load(path).add(rule)
    assert path.read_text(encoding="utf-8").startswith('default = "deny"\n\n[[rule]]\n')
    assert Policy.load(path).rules == (rule,)
    assert list(tmp_path.iterdir()) == [path]


def test_a_rule_that_would_spoil_the_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "lumos-trust.toml"
    path.write_text(RULE, encoding="utf-8")
    policy = Policy.load(path)
    with pytest.raises(ConfigError, match="two rules"):
        policy.add(policy.rules[0])
    assert path.read_text(encoding="utf-8") == RULE


# --- the command in the hint


def test_the_command_in_the_hint_lets_in_what_was_refused_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lumosai.cli.main import main

    monkeypatch.chdir(tmp_path)
    (tmp_path / "lumos.toml").touch()
    path = tmp_path / "lumos-trust.toml"
    for asked in (request(), request(signer=PERSON), request(runtime="python", permissions=Permissions())):
        path.unlink(missing_ok=True)
        words = shlex.split(str(refusal(Policy.load(path), asked).hint).partition("lumos ")[2])
        assert main(words) == 0
        policy = Policy.load(path)
        assert policy.decide(asked).plugins
        assert isinstance(
            refusal(policy, replace(asked, signer=replace(asked.signer, issuer="https://evil.example"))), RefusedError
        )
        assert isinstance(refusal(policy, replace(asked, permissions=Permissions(tools=("*",)))), RefusedError)


@pytest.mark.parametrize("evil", ["$(touch /tmp/x)", "`id`", "; rm -rf ~", "' || true '", "\u202eevil", "a\nb"])
def test_what_a_signer_is_called_is_no_command(evil: str) -> None:
    error = refusal(Policy(), request(signer=replace(PERSON, subject=evil)))
    words = shlex.split(str(error.hint).partition("lumos ")[2])
    assert words[words.index("--subject") + 1] == evil
