"""What is where: one package, named as the project, and the folder that describes it."""

from __future__ import annotations

import sys
from collections.abc import Collection

from lumosai_marketplace.wheels.filename import Label
from lumosai_marketplace.wheels.findings import Findings

HOST = frozenset({"lumos", "lumosai", "lumosai_marketplace", "lumosai_plugins", "lumosai_sandbox", "lumosai_sdk"})
KNOWN = frozenset(
    """
    annotated_doc annotated_types charset_normalizer componentize_py docstring_parser email_validator flask_cors
    flask_login genai_prices google_auth_oauthlib google_crc32c grpc_status grpc_tools hf_xet httpx_sse huggingface_hub
    importlib_metadata importlib_resources jsonschema_path jsonschema_rs jsonschema_specifications langchain_community
    langchain_core langchain_openai langchain_text_splitters langgraph_sdk lazy_object_proxy llama_cpp llama_index
    logfire_api markdown_it matplotlib_inline mdit_py_plugins more_itertools mypy_extensions openapi_schema_validator
    openapi_spec_validator pkg_resources prometheus_client prompt_toolkit psycopg_binary psycopg_pool pyasn1_modules
    pydantic_ai pydantic_core pydantic_evals pydantic_extra_types pydantic_graph pydantic_settings pypi_attestations
    pytest_asyncio pytest_cov pytest_timeout python_multipart readme_renderer rekor_types requests_oauthlib
    requests_toolbelt rest_framework rfc3161_client sentence_transformers sentry_sdk setuptools_scm sigstore_models
    smart_open sqlalchemy_utils sse_starlette tf_keras torch_geometric trove_classifiers typing_extensions
    typing_inspect typing_inspection uv_build
    """.split()  # noqa: SIM905 - a list of ninety lines says no more
)
"""Import names of two words that other distributions have; a plugin's has two words at least."""
_INFO = frozenset(
    """METADATA WHEEL RECORD entry_points.txt top_level.txt zip-safe dependency_links.txt scm_file_list.json
    scm_version.json""".split()  # noqa: SIM905 - as above
)
_INFO_FOLDERS = frozenset({"licenses", "license_files", "sboms"})
_LICENCES = ("LICEN", "COPYING", "NOTICE", "AUTHORS", "COPYRIGHT")


def check(label: Label, names: Collection[str], findings: Findings) -> None:
    """Find members that lie where none of a plugin's may. *names* are those of files and folders."""
    if label.project in HOST | KNOWN or label.project in sys.stdlib_module_names:
        findings.add("shadow", "", f"the package {label.project} is another's")
    for name in names:
        top, slash, rest = name.partition("/")
        if top == label.info:
            if rest and not _is_info(rest):
                findings.add("dist-info", name, "builders of wheels write no such file")
        elif top != label.project or not slash:
            findings.add(*_misplaced(top, slash, name))
    for needed in ("METADATA", "WHEEL", "RECORD", "entry_points.txt"):
        if f"{label.info}/{needed}" not in names:
            findings.add("dist-info", f"{label.info}/{needed}", "it is missing")
    if f"{label.project}/__init__.py" not in names:
        findings.add("package", f"{label.project}/__init__.py", "it is missing")


def _misplaced(top: str, slash: str, name: str) -> tuple[str, str, str]:
    lower = top.lower()
    module = lower if slash else lower.partition(".")[0]
    if lower.endswith(".data"):
        return "data-scheme", name, "it would be written outside of the package"
    if lower.endswith((".dist-info", ".egg-info")):
        return "dist-info", name, "it describes another distribution, or this one a second time"
    if lower.endswith((".pth", ".start", ".site.toml")):
        return "pth", name, "it would be run, or believed, at every start of Python"
    if module in sys.stdlib_module_names or module in HOST | {"sitecustomize", "usercustomize", "pip", "setuptools"}:
        return "shadow", name, f"it would stand in for {module}"
    return "top-level", name, "it is outside of the plugin's package"


def _is_info(rest: str) -> bool:
    top, slash, _ = rest.partition("/")
    return top in _INFO_FOLDERS if slash else top in _INFO or top.upper().startswith(_LICENCES)
