# What new-rule and new-stage share. To be sourced, in the folder of the repository.

fail() {
  echo "$(basename "$0"): $1" >&2
  exit 2
}

# Prints the comment at the head of the script, where that is asked for.
help_if_asked() {
  [[ "${1:-}" == -h || "${1:-}" == --help ]] || return 0
  awk 'NR > 1 && /^#/ { sub(/^# ?/, ""); print; next } NR > 1 { exit }' "$script"
  exit 0
}

# Words of Rust, and names that the registries and skeletons use themselves.
readonly taken=' abstract as async await become box break const continue crate do dyn else enum extern false final fn for gen if
 impl in let loop macro match mod move mut override priv pub ref return self static struct super trait true try type typeof unsafe
 unsized use virtual where while yield arc config config_fault example field finding measures reason rule rule_config schema stage
 stage_config string vec option '

# The name, if it can be one.
checked_name() {
  [[ -z "$1" ]] || ! grep -qwF -- "$1" <<<"$taken" || fail "\`$1\` has a meaning in the code already: give another name"
  [[ "$1" =~ ^[a-z][a-z0-9]*(_[a-z0-9]+)*$ ]] || fail "give a name in small letters with \`_\`, such as exclamation_ratio"
  printf '%s' "$1"
}

# exclamation_ratio -> ExclamationRatio
camel_case() {
  local part
  for part in ${1//_/ }; do printf '%s' "${part^}"; done
}

# No stage, rule or file may have the name yet.
refuse_existing() {
  local name="$1" file="$2"
  [[ ! -e "$file" && ! -e "${file%.rs}" ]] || fail "$file is there already"
  if grep -rqE "NAME: &'static str = \"$name\"" crates/*/src || grep -qE "^    $name: " crates/filter/src/registry.rs; then
    fail "there is a stage or rule \`$name\` already"
  fi
}

# Adds `pub mod NAME;` to the list of modules, in its alphabetical place.
add_module() {
  local file="$1" name="$2" new
  new="$(awk -v name="$name" '
    /^(pub )?mod [a-z0-9_]+;$/ {
      module = $NF; sub(/;$/, "", module)
      if (!done && module > name) { print "pub mod " name ";"; done = 1 }
      inside = 1; print; next
    }
    inside && !done { print "pub mod " name ";"; done = 1 }
    { print }' "$file")"
  printf '%s\n' "$new" >"$file"
}

# Adds `text` before the first line that matches `end` after one that matches `start`.
add_before_end() {
  local file="$1" start="$2" end="$3" text="$4" new
  new="$(start="$start" end="$end" text="$text" awk '
    inside && !done && $0 ~ ENVIRON["end"] { print ENVIRON["text"]; done = 1 }
    $0 ~ ENVIRON["start"] { inside = 1 }
    { print }
    END { exit !done }' "$file")" || fail "$file has no line \`$end\` after \`$start\`"
  printf '%s\n' "$new" >"$file"
}

next_steps() {
  cat <<TEXT
written: $1
added to: $2 (its module) and $3 (its line)
next:
  cargo test --release -p textmill-$5 $4
  cargo run --release -- schema >configs/schema.json   # what editors complete by, and files are checked against
  cargo run --release -- stages show $4
  scripts/test
TEXT
}
