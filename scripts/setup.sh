#!/usr/bin/env bash
# Makes .venv with everything pinned in the lock files, and this project in it. Does nothing if that is done already.
# PYTHON names the Python to use (3.11 or newer); PYTHON=python3.12 make test
set -euo pipefail
cd "$(dirname "$0")/.."

VENV=.venv
STAMP=$VENV/.ready
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

fail() {
    echo "setup: $*" >&2
    exit 1
}

# The stamp holds what the environment was made from, and where: one that was copied elsewhere does not run.
wanted="$(pwd -P) $(cat requirements-build.lock requirements.lock pyproject.toml scripts/setup.sh | cksum)"
if [[ -x $VENV/bin/dispatcher && "$(cat "$STAMP" 2>/dev/null)" == "$wanted" ]]; then
    exit 0
fi

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or newer was found. Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3 make run"
}

# Debian and Ubuntu ship `venv` without the part that brings pip; then any pip or virtualenv that is there helps out.
make_venv() {
    local python=$1
    rm -rf "$VENV"
    if "$python" -c 'import ensurepip' 2>/dev/null && "$python" -m venv "$VENV"; then
        return
    fi
    rm -rf "$VENV"
    if "$python" -m pip --version >/dev/null 2>&1 \
        && "$python" -m venv --without-pip "$VENV" \
        && "$python" -m pip --python "$(pwd -P)/$VENV/bin/python" install --quiet pip; then
        return
    fi
    rm -rf "$VENV"
    if "$python" -m virtualenv --quiet "$VENV" 2>/dev/null; then
        return
    fi
    rm -rf "$VENV"
    fail "Python's venv module has no pip here. Install it with: apt-get install python3-venv"
}

# The programs in an environment name their place; after the folder was moved they name one that is gone.
works() {
    "$VENV/bin/python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
        && grep -qF "$(pwd -P)/$VENV/bin/python" "$VENV/bin/pip"
}

install() {
    "$VENV/bin/python" -m pip install --quiet --quiet --require-hashes "$@" \
        || fail "packages could not be installed; the lines above say why. Check the network, then try again."
}

rm -f "$STAMP"
if ! works; then
    python=$(find_python)
    echo "setup: making $VENV with $("$python" --version)"
    make_venv "$python"
fi
echo "setup: installing the pinned packages (about a minute the first time)"
install -r requirements-build.lock
install --no-build-isolation -r requirements.lock
"$VENV/bin/python" -m pip install --quiet --quiet --no-deps --no-build-isolation --editable . \
    || fail "the project itself could not be installed; the lines above say why."
echo "$wanted" >"$STAMP"
echo "setup: ready"
