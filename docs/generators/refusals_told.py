"""What the rules that refuse mean, and what helps; ``refusals.undescribed`` holds this against the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from lumosai_marketplace.trust.tufclient import OFFLINE_DAYS

_AGAIN = "try again; if it stays, tell whoever runs the index, and install nothing from it"
_SIGN = "its author signs it anew: `lumos plugin sign`"
_EVIDENCE = "do not install; keep what was shown, and ask those who run the index"
_ROOT = "`lumos trust index URL --root FILE --replace`, if its owner tells you by another way that the root changed"

GROUPS: Final[Mapping[str, str]] = {
    "guard": """What the wheel is. It is read as bytes and never imported. All that is wrong with it is told at once;
        the rule is that of the first finding. `lumos plugin sign` and `publish` look first, before anything is
        signed, so that an author meets these before anybody else does.""",
    "signature": "Whether it is whole, and who signed it.",
    "trust": "Whether the owner of the host trusts who signed it: the rules of [`lumos-trust.toml`](trust-policy.md).",
    "tuf": "Whom to believe about signatures, and what was revoked, as the index's TUF repository says.",
    "log": "Whether everybody is shown the same transparency log, and whether it only grows.",
    "index": "What the index said and did. Nothing it says is believed without a signature; this is what is not even "
    "listened to.",
    "lock": "What [`lumos.lock`](lock.md) and the store hold.",
    "consent": "Whether the owner agrees.",
}

TOLD: Final[Mapping[str, tuple[str, str]]] = {
    # guard: what only an index asks
    "guard.digest": (
        "an upload's `sha256_digest` is that of its file",
        "",
    ),
    "guard.scan": ("what the scanner of the index's operator, if there is one, finds nothing wrong with", ""),
    "guard.wheel": ("plugins are wheels: no sdists, eggs or installers", ""),
    # signature
    "signature.ca": (
        "The certificate is of no CA of the trusted root, or of one that was not in force when it was signed",
        _SIGN,
    ),
    "signature.certificate": ("The certificate is not one of a signer: one name, sigstore's claims, its key", _SIGN),
    "signature.checkpoint": ("The log's checkpoint is of another log, or of another size than the proof", _SIGN),
    "signature.facts": (
        "Name, version, runtime, permissions, component or world are not what was signed about this file",
        "its author builds and signs it anew: `lumos plugin publish`",
    ),
    "signature.invalid": ("The signature does not hold, for a reason that has no name of its own", _SIGN),
    "signature.log": (
        "The entry is in no log of the trusted root, is not proven to be in it, or its key was not in force",
        _SIGN,
    ),
    "signature.missing": (
        "There is no signature, or not exactly one `plugin/v1` statement",
        "`lumos plugin sign`, then `lumos plugin publish`",
    ),
    "signature.predicate": ("The statement is neither `publish/v1` nor `plugin/v1`, or says what it should not", _SIGN),
    "signature.publishers": ("The attestations of one file are by different publishers", _SIGN),
    "signature.roots": (
        "The trusted root itself cannot be used: no keys, a wrong form, no address of a log",
        "whoever runs the index publishes it anew; a host asks again by `lumos plugin audit`",
    ),
    "signature.sct": (
        "No CT log of the trusted root has seen the certificate, or its key was not in force then",
        _SIGN,
    ),
    "signature.shape": (
        "The attestation, bundle or provenance is not of the form that PEP 740 or sigstore gives",
        _SIGN,
    ),
    "signature.signers": (
        "An upload's two attestations are by different people or runs",
        "sign both at once: `lumos plugin sign`",
    ),
    "signature.size": ("A part of the attestation is larger, or there are more of it, than is read", _SIGN),
    "signature.source": (
        "The statement claims a repository or commit that is not the one in the signer's certificate",
        "sign in the workflow of the repository that it is built from",
    ),
    "signature.statement": ("What is signed is no in-toto statement about exactly one file", _SIGN),
    "signature.subject": ("The statement is about another file: its name or SHA-256 is not this one's", _SIGN),
    "signature.time": (
        "No clock that is trusted says when it was signed, or the certificate had expired by then",
        _SIGN,
    ),
    "signature.wrong": ("The signature is not by the certificate's key", _SIGN),
    # trust
    "trust.no-rule": (
        "No rule names the plugin",
        "`lumos trust add`, as the refusal tells it, if that is whom you mean",
    ),
    "trust.publisher": (
        "Who signed is not registered as a publisher of that plugin",
        "whoever owns the namespace: `lumos marketplace publisher add`",
    ),
    "trust.signer-changed": (
        "It is signed by another publisher than the installed version; the refusal shows what differs",
        "ask the publisher by another way; if it is so, `lumos plugin remove NAME` and install it anew",
    ),
    "trust.own": (
        "What verifies plugins of your own is not there or not yours alone, or an index was asked for one of them",
        "`lumos plugin install ./FILE.whl`, which signs it on this machine; `chmod 700` the folder that is named",
    ),
    # tuf
    "tuf.changed": ("The repository shows other bytes than were signed, or what was kept of it was changed", _AGAIN),
    "tuf.expired": (
        "The metadata have expired: the index no longer signs, or somebody holds the new ones back",
        "try again; look at this machine's clock",
    ),
    "tuf.metadata": ("The metadata cannot be read, or are not what they should be", _AGAIN),
    "tuf.missing": ("A file is not there that the metadata name, or that a host needs", _AGAIN),
    "tuf.no-root": (
        "The host has no root of this index, so that nothing it says can be checked",
        "`lumos trust index URL`",
    ),
    "tuf.revocations": ("The list of revoked wheels cannot be read", _AGAIN),
    "tuf.revoked": (
        "The wheel was revoked: nobody is to run it",
        "`lumos plugin update NAME`, or `lumos plugin remove NAME`",
    ),
    "tuf.rollback": ("The repository shows an older version of something than it has shown this host before", _AGAIN),
    "tuf.signature": ("The metadata are not signed by the keys that the root names", _ROOT),
    "tuf.size": ("The repository sends more than it may", _AGAIN),
    "tuf.stale": (
        f"The index was last asked whom to trust more than {OFFLINE_DAYS:g} days ago, or never",
        "`lumos plugin audit`, with a network",
    ),
    "tuf.state": (
        "What this host remembers of the repository is not as it was written",
        "remove the file that is named",
    ),
    # log
    "log.certificate": ("What is to be logged is signed by no certificate of a CA that this log knows", _SIGN),
    "log.checkpoint": ("What should be a checkpoint is none", _AGAIN),
    "log.corrupt": (
        "The log's own rows, or those of your own signatures, are not whole: nothing is added before they are",
        "restore the index's database, or the folder that is named, from a backup",
    ),
    "log.entries": ("The entries that the log lists are not those that its checkpoint is of", _EVIDENCE),
    "log.envelope": ("What is to be logged is no DSSE envelope that its certificate's key has signed", _SIGN),
    "log.external": (
        "The signature is in a log that the index does not show, so that nobody sees whether it shows all the same",
        "`logs` in the rule of `lumos-trust.toml`, if others run that log",
    ),
    "log.fork": (
        "The log does not begin with what it has shown before: it shows different people different things",
        _EVIDENCE,
    ),
    "log.format": ("The log does not answer as a log does", _AGAIN),
    "log.inclusion": ("The entry is not shown to be in the tree of the checkpoint", _EVIDENCE),
    "log.key": ("The checkpoint is signed by no key that is trusted", "`lumos plugin audit` asks for new keys"),
    "log.origin": ("The checkpoint is of another log", _AGAIN),
    "log.rollback": ("The log is smaller than it has been", _EVIDENCE),
    "log.signature": ("The signature on the checkpoint is wrong", _AGAIN),
    "log.unproven": (
        "A bundle does not prove that the log has only grown since this machine saw it",
        "make it anew: `lumos plugin bundle --since` with this machine's `lumos.lock`",
    ),
    # index
    "index.ambiguous": ("There are several wheels of one version", "tell whoever runs the index"),
    "index.audience": (
        "The index asks for an identity token that would be good elsewhere",
        "use the index's own address, its operator's `url`",
    ),
    "index.changed": ("A version has other bytes than when it was installed", _EVIDENCE),
    "index.encoding": ("The index packs its answers, though it was asked not to", _AGAIN),
    "index.forbidden": ("The index does not allow it", "`lumos plugin login --index URL`, as somebody who may"),
    "index.format": ("The index does not answer as an index does", _AGAIN),
    "index.gone": ("The index names a file that it does not have", _AGAIN),
    "index.hash": ("The bytes do not have the hash that they were named by", _AGAIN),
    "index.insecure": ("An index elsewhere than on this machine has no `https://`", "use its `https://` address"),
    "index.name": ("The index answers for another project than it was asked for", _AGAIN),
    "index.no-advisories": ("An audit's finding: the index tells no advisories", ""),
    "index.none": ("There is no such version, or not any more", "`lumos plugin info NAME` tells which there are"),
    "index.not-found": ("The index has nothing there", "is that an index's address?"),
    "index.origin": ("The index leads to another host, port or scheme", "tell whoever runs the index"),
    "index.other": (
        "The plugin is bound to another index than the one that was asked for",
        "`[marketplace.indexes]` in `lumos.toml`; or `lumos plugin remove NAME`",
    ),
    "index.pending": ("It is uploaded, and not there for everybody yet", "`lumos plugin info NAME`, a little later"),
    "index.pre-release": ("Only pre-releases fit", "`lumos plugin install --pre`, or name the version"),
    "index.python": ("It needs another Python", "ask for an earlier version: `NAME==VERSION`"),
    "index.quarantined": (
        "The operators of the index have it in quarantine",
        "if it is installed: `lumos plugin remove NAME`",
    ),
    "index.redirects": ("The index redirects without end", _AGAIN),
    "index.reserved": ("The namespace would speak for somebody else", "choose another"),
    "index.size": ("The index sends more than is read", _AGAIN),
    "index.squat": (
        "The name could be taken for somebody else's",
        "choose another, or ask the operator: `lumos marketplace namespace allow NAME`",
    ),
    "index.yanked": (
        "Its author has yanked what fits",
        "ask for another version: `NAME==VERSION`; what is locked stays",
    ),
    # lock
    "lock.changed": (
        "Something in the store, or the lock, is not what was verified",
        "`lumos plugin install` puts back what the lock says",
    ),
    "lock.locked": ("With `--locked`, the lock would change", "leave out `--locked`"),
    "lock.missing": ("The store does not have what the lock names", "`lumos plugin install`"),
    "lock.name": ("The host has another plugin of that name already", "`lumos plugin remove` the other one"),
    "lock.older": ("It is older than what is installed", "`lumos plugin rollback NAME --to VERSION`"),
    "lock.raced": ("Another command has changed the plugin meanwhile", "try again"),
    "lock.store": (
        "The store is a link, belongs to somebody else, or others may write to it",
        "`chmod 700` it, or move it away",
    ),
    # consent
    "consent.declined": ("You said no", ""),
    "consent.needed": (
        "With `--yes`: it asks for more than `lumos-trust.toml` has agreed to",
        "leave out `--yes` and answer, or set `max_permissions` of the rule",
    ),
    "consent.nobody": (
        "It asks for rights, and there is nobody to ask",
        "run it in a terminal; or `--yes`, with `max_permissions` in `lumos-trust.toml`",
    ),
}
