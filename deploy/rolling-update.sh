#!/usr/bin/env bash
# Replaces the workers one after the other, without losing a task or refusing a request.
#
#   rolling-update.sh IMAGE@sha256:…   to that image; where it runs already, nothing happens
#   rolling-update.sh --back           to the image before this one
#   rolling-update.sh                  the same image again, for new settings and secrets
#
# SIGTERM drains a worker: it takes no more tasks, finishes what it can within its grace and requeues
# the rest. The other one is never stopped before the new one is ready. When the new one does not
# become ready, both go back to the image that .env names, which changes only when all went well. Ended
# half-way, it can be run again with the same or another image.
#
# Exit code 2: a worker is not ready, and putting it back did not help. 1: something else went wrong, and
# it is said what the workers run.
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/compose.sh
. ./compose.sh

LOG=state/update.log
WORKERS=(worker-a worker-b)

usage() {
  sed -n '2,/^$/s/^# \{0,1\}//p' "$0" | sed -n '3,5p' >&2
  exit 64
}

# replace IMAGE SERVICE [OPTION…]: stops it with its grace and starts it with the image.
replace() {
  local image=$1 service=$2
  shift 2
  WORKER_IMAGE=$image compose up --detach --no-deps "$@" "$service" >>"$LOG" 2>&1
}

put_back() {
  local image=$1 service is_back=0
  shift
  for service in "$@"; do
    say "$service goes back to $image"
    replace "$image" "$service" && wait_until_ready "$service" || is_back=2
  done
  return "$is_back"
}

update() {
  local image=$1 before=$2 service
  shift 2
  local -a touched=() order=("${WORKERS[@]}")
  # When only one of them is ready, the other one goes first.
  if is_ready worker-a && ! is_ready worker-b; then order=(worker-b worker-a); fi
  for service in "${order[@]}"; do
    say "$service: running attempts are finished or requeued, then it starts anew …"
    touched=("$service" "${touched[@]}")
    if replace "$image" "$service" "$@" && wait_until_ready "$service"; then
      say "$service is ready"
      continue
    fi
    compose logs --no-color --tail 30 "$service" >&2 || true
    echo "✖ $service did not become ready (see also deploy/$LOG)" >&2
    if [ "$image" = "$before" ]; then
      give_up "A worker that was not touched yet keeps the settings that it has. Fix deploy/.env or deploy/secrets and run this again."
    fi
    if put_back "$before" "${touched[@]}"; then
      give_up "Nothing has changed: the workers run $before."
    fi
    echo "✖ Putting it back did not work either. Look at: docker compose ps, wearon doctor, docs/runbook.md" >&2
    exit 2
  done
}

# The rest, where its definition changed (the workers are as they should be already); and those whose files may have been replaced read them anew.
update_the_others() {
  compose up --detach --remove-orphans --wait --wait-timeout 180 >>"$LOG" 2>&1 ||
    give_up "The workers run $1, but not every other service is healthy: docker compose ps (and deploy/$LOG)."
  compose exec -T nginx nginx -t -q -c /etc/nginx/wearon/nginx.conf </dev/null ||
    give_up "The workers run $1, but nginx keeps its old configuration: it does not accept the new one."
  compose kill --signal HUP nginx prometheus alertmanager alloy >>"$LOG" 2>&1
}

[ $# -le 1 ] || usage
[ -f .env ] || give_up 'deploy/.env is missing: run first-deploy.sh first.'
lock_deployment
# A connection that breaks off must not leave the update half done.
trap '' HUP PIPE
# What is deployed is said by the file alone.
unset WORKER_IMAGE

before=$(setting WORKER_IMAGE)
is_image_by_digest "$before" || give_up 'deploy/.env names no image by digest yet: run first-deploy.sh first.'
options=()
case ${1:-} in
  '') image=$before options=(--force-recreate) ;;
  --back) image=$(cat state/previous-image 2>/dev/null) || give_up 'No earlier image is known.' ;;
  -*) usage ;;
  *) image=$1 ;;
esac
is_image_by_digest "$image" || give_up "$image is no image by digest (NAME@sha256:…): a tag may mean another image tomorrow."

date -u "+== %FT%TZ $image" >>"$LOG"
docker pull --quiet "$image" >>"$LOG" 2>&1 || give_up "$image cannot be fetched (see deploy/$LOG)."
WORKER_IMAGE=$image compose config --quiet || give_up 'docker compose does not accept compose.prod.yaml with this .env: it says why above.'
update "$image" "$before" "${options[@]}"

keep_setting WORKER_IMAGE "$image"
if [ "$image" != "$before" ]; then
  forgotten=$(cat state/previous-image 2>/dev/null || true)
  echo "$before" >state/previous-image
  if [ -n "$forgotten" ] && [ "$forgotten" != "$image" ]; then
    docker image rm "$forgotten" >>"$LOG" 2>&1 || true
  fi
fi
update_the_others "$image"
say "Both workers run $image."
