#!/usr/bin/env bash
# Writes the lock files anew from pyproject.toml: names, versions and SHA-256 sums for every platform; no addresses.
set -euo pipefail
cd "$(dirname "$0")/.."

# What this machine is told about other sources of packages must not leak into the files.
unset PIP_FIND_LINKS PIP_INDEX_URL PIP_EXTRA_INDEX_URL UV_FIND_LINKS UV_INDEX UV_INDEX_URL UV_DEFAULT_INDEX UV_EXTRA_INDEX_URL

.venv/bin/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
compile() {
    .venv/bin/uv pip compile --quiet --no-config --universal --python-version 3.11 --generate-hashes \
        --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$@"
}
echo "lock: requirements-build.lock"
printf 'setuptools>=77\nwheel\n' | compile --upgrade --output-file requirements-build.lock -
echo "lock: requirements.lock"
compile --upgrade --group dev --output-file requirements.lock pyproject.toml
if grep -nE '://|^ *-[^-]|file:|@ ' requirements.lock requirements-build.lock; then
    echo "lock: the lines above name a place; they must not" >&2
    exit 1
fi
