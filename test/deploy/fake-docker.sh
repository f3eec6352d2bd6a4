#!/usr/bin/env bash
# Stands in for docker in the tests of the scripts in deploy/: writes down how it was called and keeps
# in the folder $FAKE_DOCKER which service runs which image. Controlled by files in that folder: `failing`
# (a call that contains one of its lines fails), `unready` (images that never become ready, or `SERVICE IMAGE`),
# `certificate` (what certbot gets). `sequence` counts the containers that were made.
set -euo pipefail
echo "docker $*" >>"$FAKE_DOCKER/calls"

if [ -e "$FAKE_DOCKER/failing" ]; then
  while read -r pattern; do
    if [[ "docker $*" == *"$pattern"* ]]; then
      echo "fake docker: fails as configured at: $pattern" >&2
      exit 1
    fi
  done <"$FAKE_DOCKER/failing"
fi

worker_image() {
  echo "${WORKER_IMAGE:-$(sed -n 's/^WORKER_IMAGE=//p' .env)}"
}

# Like compose: a container is made anew only when its image changed.
start() {
  local service=$1 image=other now
  case $service in worker-*) image=$(worker_image) ;; esac
  now=$(cat "$FAKE_DOCKER/running/$service" 2>/dev/null || true)
  [ "$now" = "$image" ] && return
  [ -z "$now" ] || echo "stopped $service" >>"$FAKE_DOCKER/calls"
  echo "$image" >"$FAKE_DOCKER/running/$service"
  echo "started $service $image" >>"$FAKE_DOCKER/calls"
}

is_ready() {
  local image
  image=$(cat "$FAKE_DOCKER/running/$1" 2>/dev/null) || return 1
  ! grep --quiet --line-regexp -e "$image" -e "$1 $image" "$FAKE_DOCKER/unready" 2>/dev/null
}

certbot() {
  local folder=$LETSENCRYPT/live/wearon
  [[ "$*" != *--dry-run* ]] && [ -e "$FAKE_DOCKER/certificate" ] || return 0
  mkdir -p "$folder"
  cp "$FAKE_DOCKER/certificate" "$folder/fullchain.pem"
}

# compose --file F --env-file E COMMAND …
compose() {
  shift 4
  local command=$1 service services
  shift
  case $command in
    up)
      services=()
      for service in "$@"; do
        case $service in worker-? | nginx) services+=("$service") ;; esac
      done
      [ ${#services[@]} -gt 0 ] || services=(worker-a worker-b nginx prometheus)
      for service in "${services[@]}"; do start "$service"; done
      ;;
    ps) [ ! -e "$FAKE_DOCKER/running/${!#}" ] || echo "id-of-${!#}" ;;
    exec) [[ "$*" != *readyz* ]] || is_ready "$2" ;;
    logs) echo "the last words of ${!#}" ;;
    config) ;;
    *) ;;
  esac
}

case "$1 ${2:-}" in
  'compose version') echo 'Docker Compose version v2.40.0' ;;
  compose*) shift && compose "$@" ;;
  run*) certbot "$@" ;;
  *) ;;
esac
