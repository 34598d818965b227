#!/bin/sh
# Installs ask-codex as a skill of Claude Code: ./install.sh [--help], or  curl -fsSL <address of this file> | sh
# All it does is find Node and the bundle; scripts/install.mjs does the work. Under `curl | sh` this text is stdin:
# nothing here reads it, and nothing runs before the last line, so that a download cut short runs nothing.
set -u

NODE_MAJOR=20
NODE_MINOR=19
DEFAULT_REPO=https://github.com/ask-codex/ask-codex.git

fail() {
  printf 'ask-codex: %s.\n' "$1" >&2
  exit "${2:-1}"
}

check_node() {
  command -v node >/dev/null 2>&1 ||
    fail "Node.js is not on PATH, but ask-codex runs on it; install Node.js $NODE_MAJOR.$NODE_MINOR or newer and run this again"
  found=$(node --version </dev/null 2>/dev/null) || found=unknown
  version=${found#v}
  major=${version%%.*}
  rest=${version#*.}
  minor=${rest%%.*}
  case "$major$minor" in
    '' | *[!0-9]*) fail "the version of Node.js could not be read ('$found'); install Node.js $NODE_MAJOR.$NODE_MINOR or newer and run this again" ;;
  esac
  if [ "$major" -lt "$NODE_MAJOR" ] || { [ "$major" -eq "$NODE_MAJOR" ] && [ "$minor" -lt "$NODE_MINOR" ]; }; then
    fail "Node.js $found is too old for ask-codex; install Node.js $NODE_MAJOR.$NODE_MINOR or newer and run this again"
  fi
}

# Prints the clone this file lies in. Under `curl | sh`, $0 is the shell's own name, and the current directory must
# not be taken for a clone then: only a file that is called like this one counts.
find_bundle() {
  case ${0##*/} in
    *install*.sh) ;;
    *) return 1 ;;
  esac
  case $0 in
    */*) folder=${0%/*}/ ;;
    *) folder=./ ;;
  esac
  [ -f "$0" ] && [ -f "${folder}scripts/install.mjs" ] && [ -f "${folder}SKILL.md" ] || return 1
  (unset CDPATH && cd -P "$folder" && pwd -P)
}

remove_clone() {
  [ -z "$clone" ] || rm -rf "$clone"
}

# Fills the temporary directory $clone with the repository; what git says is shown only if it fails.
fetch_bundle() {
  repo=${ASK_CODEX_REPO:-$DEFAULT_REPO}
  ref=${ASK_CODEX_REF:-}
  case $ref in
    -*) fail "ASK_CODEX_REF is '$ref', which is no branch, tag or commit; correct it and run this again" 64 ;;
  esac
  command -v git >/dev/null 2>&1 ||
    fail "git is not on PATH, but outside a clone ask-codex is fetched with it; install git and run this again"
  # Those of a git hook or the like would make git work on another repository.
  unset GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
  # A missing repository must be an error, not a question for a password.
  GIT_TERMINAL_PROMPT=0
  export GIT_TERMINAL_PROMPT
  # Without a ref the newest state is enough; a ref may be any commit, so that takes the history.
  depth=--depth=1
  [ -z "$ref" ] || depth=--no-single-branch
  said=$(git clone --quiet "$depth" -- "$repo" "$clone/ask-codex" </dev/null 2>&1) ||
    fail "$repo could not be cloned ($(reason "$said")); check the network and ASK_CODEX_REPO, and run this again"
  if [ -n "$ref" ]; then
    said=$(git -C "$clone/ask-codex" checkout --quiet "$ref" -- </dev/null 2>&1) ||
      fail "$repo has no '$ref' ($(reason "$said")); correct ASK_CODEX_REF and run this again"
  fi
  [ -f "$clone/ask-codex/scripts/install.mjs" ] ||
    fail "$repo is not a repository of ask-codex (it has no scripts/install.mjs); correct ASK_CODEX_REPO and run this again"
}

# The line in which git says why.
reason() {
  printf '%s\n' "$1" | sed -n -e 's/^fatal: //p' -e 's/^error: //p' | head -n 1
}

main() {
  check_node
  if bundle=$(find_bundle); then
    exec node "$bundle/scripts/install.mjs" "$@" </dev/null
  fi
  clone=
  trap remove_clone EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  clone=$(mktemp -d "${TMPDIR:-/tmp}/ask-codex.XXXXXX" 2>/dev/null) ||
    fail "no temporary directory could be made in ${TMPDIR:-/tmp}; set TMPDIR to one you can write to and run this again"
  fetch_bundle
  ASK_CODEX_TEMPORARY_CLONE=1 node "$clone/ask-codex/scripts/install.mjs" "$@" </dev/null
}

{ main "$@"; exit; }
