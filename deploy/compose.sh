# shellcheck shell=bash
# What the scripts of a deployment share: docker compose on it, and its settings in .env. Sourced, with
# the folder of compose.prod.yaml as the working directory.

# Settings and state are no one else's business.
umask 077

compose() {
  docker compose --file compose.prod.yaml --env-file .env "$@"
}

# Goes on when no one listens any more, as when the connection to the server broke off.
say() {
  echo "· $*" || true
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

# Does the service take tasks? Asked inside, because no port of it is open.
is_ready() {
  local question='fetch("http://127.0.0.1:8000/readyz").then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))'
  compose exec -T "$1" node -e "$question" </dev/null >/dev/null 2>&1
}

# Waits until the service was ready four times in a row: longer than nginx remembers where it was.
wait_until_ready() {
  local service=$1 in_a_row=0
  for _ in $(seq "${READY_LOOKS:-60}"); do
    if is_ready "$service"; then in_a_row=$((in_a_row + 1)); else in_a_row=0; fi
    [ "$in_a_row" -lt 4 ] || return 0
    sleep "${POLL_SECONDS:-2}"
  done
  return 1
}

is_image_by_digest() {
  [[ $1 =~ ^[a-z0-9][a-z0-9._/:-]*@sha256:[0-9a-f]{64}$ ]]
}
