# What the scripts share. Each of them begins with
#
#   source "$(dirname "$0")/../lib.sh"
#
# Sets `repository`, `cache` (the folder for compiled files, virtual environments and the like) and `data` (the development
# data: $TEXTMILL_DATA, by default ../shared/data beside the checkout), exports CARGO_TARGET_DIR, and answers `--help` with
# the head of the script.
set -euo pipefail

repository="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/textmill"
data="$(realpath -m "${TEXTMILL_DATA:-$repository/../shared/data}")"
# Outside the checkout, so that a clean one does not compile DataFusion again.
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
# The Python parts of the scripts are all in one folder, which stays clean.
export PYTHONPATH="$repository/scripts/python" PYTHONDONTWRITEBYTECODE=1

if [[ "${1:-}" == -h || "${1:-}" == --help ]]; then
  sed -n '2,/^[^#]/{/^#/{s/^# \{0,1\}//;p}}' "$0"
  exit 0
fi

# stop CODE MESSAGE: ends the script.
stop() {
  echo "$2" >&2
  exit "$1"
}

# needs_data PATH...: ends with 3 unless all of the paths below the development data are there.
needs_data() {
  local path
  for path in "$@"; do
    [[ -e "$data/$path" ]] || stop 3 "there is no $data/$path; TEXTMILL_DATA names the development data"
  done
}

# python_with NAME "MODULE..." PACKAGE...: sets `python` to one that can import the modules: $PYTHON where that is set, else
# that of a virtual environment of this name in the cache ($TEXTMILL_VENV, with the name behind it unless that is `base`),
# into which the packages are installed where a module is missing. Ends with 3 where that fails.
python_with() {
  local name="$1" modules="${2// /, }" folder="${TEXTMILL_VENV:-$cache/venv}"
  shift 2
  if [[ -n "${PYTHON:-}" ]]; then
    python="$PYTHON"
    "$python" -c "import $modules" || stop 3 "$python cannot import all of: $modules"
    return
  fi
  [[ "$name" == base ]] || folder+="-$name"
  python="$folder/bin/python"
  if ! "$python" -c "import $modules" 2>/dev/null; then
    python3 -m venv "$folder" >&2 || stop 3 "there is no python3 with venv"
    "$folder/bin/pip" install --quiet --disable-pip-version-check "$@" >&2 || stop 3 "pip cannot install $*"
  fi
}

# requirements NAME: the arguments of pip for a file in scripts/requirements.
requirements() {
  printf '%s\n' -r "$repository/scripts/requirements/$1.txt"
}

# base_python: python_with for what most checks need.
base_python() {
  python_with base "pyarrow zstandard" $(requirements base)
}

# datatrove_python: python_with for the scripts that run datatrove's filters.
datatrove_python() {
  python_with datatrove "datatrove spacy jieba orjson tldextract" 'datatrove[processing,io]==0.10.1' spacy==3.8.18 \
    jieba==0.42.1 orjson tldextract
}

# find_textmill: sets and exports TEXTMILL, the program: the one that it names already, else one built here, with the
# arguments to cargo that are given (`--quiet` where there are none).
find_textmill() {
  if [[ -z "${TEXTMILL:-}" ]]; then
    (cd "$repository" && cargo build "${@:---quiet}" --release --locked --bin textmill) >&2
    TEXTMILL="$CARGO_TARGET_DIR/release/textmill"
  fi
  TEXTMILL="$(realpath "$TEXTMILL")"
  export TEXTMILL
}

# build_example NAME: builds an example program and sets `example` to it. With the features of the whole workspace, so that
# what the tests have compiled is not compiled again.
build_example() {
  (cd "$repository" && cargo build --quiet --release --locked --workspace --example "$1") >&2
  example="$CARGO_TARGET_DIR/release/examples/$1"
}

# make_work_folder: sets `work` to a new folder that is deleted when the script ends, after what runs in the background.
make_work_folder() {
  work="$(mktemp -d)"
  trap 'kill $(jobs -p) 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
}
