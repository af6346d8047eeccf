#!/bin/sh
# Makes this machine a host of {{ portal }}: installs the Pierhead agent, enrols it, starts its service.
#
#   curl -fsSL {{ portal }}/agent/install.sh | sudo sh -s -- --token TOKEN
#
# Options: --token T (or --token - to read it from input), --ca FILE, --engine ADDRESS, --name NAME, --prefix DIR,
# --state-dir DIR, --user NAME, --python PROGRAM, --no-service. Everything that is installed is checked against the
# SHA-256 sums in this script and in the list it names.
set -eu

PORTAL={{ portal_quoted }}
LIST_SHA256={{ list_sha256 }}
PREFIX=/opt/pierhead-agent
STATE=/var/lib/pierhead-agent
AGENT_USER=pierhead-agent
PYTHON=
TOKEN=
CA=
ENGINE=
NAME=
SERVICE=yes

say() { printf '%s\n' "$*"; }
fail() { printf 'The agent is not installed: %s\n' "$1" >&2; [ $# -lt 2 ] || printf '%s\n' "$2" >&2; exit 1; }

fetch() { # fetch PATH FILE
    if command -v curl >/dev/null 2>&1; then
        curl -fsS --retry 2 --max-time 120 ${CA:+--cacert "$CA"} -o "$2" "$PORTAL$1" || return 1
    elif command -v wget >/dev/null 2>&1; then
        wget -q -T 60 ${CA:+--ca-certificate="$CA"} -O "$2" "$PORTAL$1" || return 1
    else
        fail "neither curl nor wget is here." "Install curl."
    fi
}

options() {
    while [ $# -gt 0 ]; do
        case "$1" in
            --token | --ca | --engine | --name | --prefix | --state-dir | --user | --python | --portal)
                [ $# -ge 2 ] || fail "$1 needs a value." ;;
        esac
        case "$1" in
            --token) TOKEN=$2; shift ;;
            --ca) CA=$2; shift ;;
            --engine) ENGINE=$2; shift ;;
            --name) NAME=$2; shift ;;
            --prefix) PREFIX=$2; shift ;;
            --state-dir) STATE=$2; shift ;;
            --user) AGENT_USER=$2; shift ;;
            --python) PYTHON=$2; shift ;;
            --portal) PORTAL=${2%/}; shift ;;
            --no-service) SERVICE=no ;;
            *) fail "“$1” is no option." "The options are at the top of this script." ;;
        esac
        shift
    done
    [ -n "$TOKEN" ] || fail "no token was given." "Copy the whole command from the page “Add a host”."
    case "$PREFIX$STATE" in *" "*) fail "--prefix and --state-dir take no spaces." ;; esac
    case "$PREFIX" in /*) ;; *) fail "--prefix takes an absolute path." ;; esac
    [ -z "$CA" ] || [ -r "$CA" ] || fail "$CA cannot be read."
}

find_python() {
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            PYTHON=$(command -v "$candidate")
            return
        fi
    done
    fail "Python 3.11 or newer is needed." "Install python3, or name one with --python."
}

check_machine() {
    [ "$(uname -s)" = Linux ] || fail "this script is for Linux." "For Windows use install.ps1."
    if [ "$SERVICE" = yes ]; then
        [ "$(id -u)" = 0 ] || fail "only root may install a service." "Run it with sudo, or give --no-service, --prefix and --state-dir."
        [ -d /run/systemd/system ] || fail "this machine is not run by systemd." "Give --no-service and start “engine-agent run” from your own service manager."
    fi
    find_python
    if ! "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null; then
        fail "$PYTHON has no venv module." "On Debian and Ubuntu: apt-get install python3-venv"
    fi
}

sum_of() { "$PYTHON" -c 'import hashlib, sys; print(hashlib.sha256(open(sys.argv[1], "rb").read()).hexdigest())' "$1"; }

install_agent() {
    umask 022
    mkdir -p "$PREFIX/versions"
    WORK=$(mktemp -d)
    trap 'rm -rf "$WORK"' EXIT
    fetch /agent/requirements.txt "$WORK/requirements.txt" || fail "$PORTAL does not answer." "Check the address, and the proxy (https_proxy)."
    [ "$(sum_of "$WORK/requirements.txt")" = "$LIST_SHA256" ] ||
        fail "the portal's list of files is not the one this script was made for." "Fetch the script again."
    TARGET="$PREFIX/versions/$(printf '%.12s' "$LIST_SHA256")"
    if [ ! -x "$TARGET/bin/engine-agent" ]; then
        rm -rf "$TARGET"
        "$PYTHON" -m venv "$TARGET" || fail "$PYTHON -m venv failed."
        say "Installing the agent into $TARGET"
        # The portal's own wheels first; what it has not collected may come from the usual index, with the same hashes.
        if ! pip_install --no-index; then
            say "The portal has not collected every file for this system; asking the usual package index."
            pip_install || fail "not every file could be had." "On the portal, “python manage.py agent_package” collects the files for machines without internet."
        fi
    fi
    ln -sfn "$TARGET" "$PREFIX/.current" && mv -fT "$PREFIX/.current" "$PREFIX/current"
    AGENT="$PREFIX/current/bin/engine-agent"
    "$AGENT" --version
}

pip_install() {
    "$TARGET/bin/python" -m pip --disable-pip-version-check --no-input ${CA:+--cert "$CA"} install --quiet --no-deps \
        --only-binary :all: --require-hashes "$@" --find-links "$PORTAL/agent/files/" -r "$WORK/requirements.txt" \
        2>"$WORK/pip.log" || { tail -n 3 "$WORK/pip.log" >&2; return 1; }
}

make_user() {
    id "$AGENT_USER" >/dev/null 2>&1 ||
        useradd --system --home-dir "$STATE" --shell /usr/sbin/nologin --user-group "$AGENT_USER" ||
        fail "the user $AGENT_USER cannot be made."
    if getent group docker >/dev/null 2>&1; then
        usermod -a -G docker "$AGENT_USER"
    fi
    mkdir -p "$STATE"
    chown "$AGENT_USER:" "$STATE"
    chmod 700 "$STATE"
}

as_agent() {
    if [ "$SERVICE" = yes ]; then
        setpriv --reuid "$AGENT_USER" --regid "$AGENT_USER" --init-groups -- "$@"
    else
        "$@"
    fi
}

enrol() {
    if [ -f "$STATE/agent.json" ]; then
        say "This machine is a host already; its key is kept."
        return
    fi
    set -- enrol --portal "$PORTAL" --token - --state-dir "$STATE"
    [ -z "$ENGINE" ] || set -- "$@" --engine "$ENGINE"
    [ -z "$NAME" ] || set -- "$@" --name "$NAME"
    if [ -n "$CA" ]; then
        cp "$CA" "$WORK/ca.pem" && chmod 755 "$WORK" && chmod 644 "$WORK/ca.pem"
        set -- "$@" --ca "$WORK/ca.pem"
    fi
    printf '%s\n' "$TOKEN" | as_agent "$AGENT" "$@" || fail "it could not enrol." "Put right what is said above and run the command again; nothing has to be undone."
}

main() {
    options "$@"
    if [ "$TOKEN" = - ]; then IFS= read -r TOKEN; fi
    check_machine
    install_agent
    [ "$SERVICE" = no ] || make_user
    enrol
    if [ "$SERVICE" = yes ]; then
        "$AGENT" service install --state-dir "$STATE" --user "$AGENT_USER"
    else
        say "Start it with: $AGENT run --state-dir $STATE"
    fi
}

main "$@"
