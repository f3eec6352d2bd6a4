# shellcheck shell=bash
# What the scripts of a deployment share: docker compose on it, and its settings in .env. Sourced, with
# the folder of compose.prod.yaml as the working directory.

# Settings and state are nobody else's business.
umask 077

compose() {
  docker compose --file compose.prod.yaml --env-file .env "$@"
}

say() {
  echo "· $*"
}

# Says what is wrong and what to do, and ends.
give_up() {
  echo "✖ $*" >&2
  exit 1
}

# setting NAME: its value in .env; the environment goes before it, as for docker compose.
setting() {
  local name=$1
  if [ -n "${!name:-}" ]; then
    printf '%s\n' "${!name}"
    return
  fi
  sed -n "s/^$name=//p" .env | tail -n 1 | sed -E "s/^(['\"])(.*)\1\$/\2/; s/[[:space:]]+\$//"
}

# keep_setting NAME VALUE: writes it into .env, in one step and with the file's owner and mode.
keep_setting() {
  local name=$1 value=$2 changed
  changed=$(mktemp .env.XXXXXX)
  cp -p .env "$changed"
  NAME=$name VALUE=$value awk '
    index($0, ENVIRON["NAME"] "=") == 1 { if (!found) print ENVIRON["NAME"] "=" ENVIRON["VALUE"]; found = 1; next }
    { print }
    END { if (!found) print ENVIRON["NAME"] "=" ENVIRON["VALUE"] }' .env >"$changed"
  mv "$changed" .env
}

# Only one script at a time changes the deployment. The lock goes with the process.
lock_deployment() {
  mkdir -p state
  exec 9>state/lock
  flock --nonblock 9 || give_up 'Another update of this deployment is under way.'
}

is_running() {
  local containers
  containers=$(compose ps --quiet --status running "$1") || give_up 'docker compose does not answer: it says why above.'
  [ -n "$containers" ]
}
