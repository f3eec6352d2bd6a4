#!/usr/bin/env bash
# Brings the service up on a server with Docker: checks settings and secrets, gets the certificate,
# starts everything, has cron renew the certificate, and asks the doctor. What is done already is not
# done again, so run it as often as it takes. Run it as root.
#
#   first-deploy.sh [IMAGE@sha256:…]   the worker's image; without it, the one that .env names
set -euo pipefail
cd "$(dirname "$0")"
# shellcheck source=deploy/compose.sh
. ./compose.sh

CRON_FOLDER=${CRON_FOLDER:-/etc/cron.d}
problems=()

check_programs() {
  command -v docker >/dev/null || give_up 'Docker is missing: https://docs.docker.com/engine/install'
  docker compose version >/dev/null 2>&1 || give_up "Docker's compose plugin is missing: https://docs.docker.com/compose/install/linux"
  docker info >/dev/null 2>&1 || give_up 'The Docker engine does not answer: does it run, and may you use it?'
  for program in openssl flock; do
    command -v "$program" >/dev/null || give_up "$program is missing: apt-get install openssl util-linux"
  done
}

# What .env.example gives a value must be there and be another one.
check_settings() {
  local name example
  while IFS='=' read -r name example; do
    case $(setting "$name") in
      '') problems+=("deploy/.env: $name is missing (example: $name=$example)") ;;
      "$example") problems+=("deploy/.env: $name is still the example's ($example)") ;;
    esac
  done < <(grep -E '^[A-Z_]+=.' .env.example)
  is_image_by_digest "$(setting WORKER_IMAGE)" ||
    problems+=('deploy/.env: WORKER_IMAGE must name the image by digest: NAME@sha256:…')
}

# The table of secrets/README.md says which there are, and which may be empty.
check_secrets() {
  local name may_be_empty row
  # shellcheck disable=SC2016 # The backticks are the table's.
  row='s/^\| `([a-z_]+)` \|.*\| ([a-z]+)[^|]*\|$/\1 \2/p'
  while read -r name may_be_empty; do
    [ ! -s "secrets/$name" ] || continue
    case $name,$may_be_empty in
      *,yes*) : >>"secrets/$name" ;;
      grafana_admin_password,*)
        openssl rand -hex 16 >"secrets/$name"
        say "Grafana's user admin has the password in deploy/secrets/$name."
        ;;
      *) problems+=("deploy/secrets/$name is missing: deploy/secrets/README.md says what it holds") ;;
    esac
  done < <(sed -n -E "$row" secrets/README.md)
  chmod 700 secrets
  find secrets -type f -exec chmod 444 {} +
}

# Twice a day, as Let's Encrypt wishes, at a minute that not everyone chooses.
renew_by_cron() {
  local minute
  if [ ! -d "$CRON_FOLDER" ]; then
    say "There is no $CRON_FOLDER: have $PWD/certbot/renew.sh run twice a day yourself."
    return
  fi
  minute=$(($(setting DOMAIN | cksum | cut -d' ' -f1) % 60))
  cat >"$CRON_FOLDER/wearon-certificate" <<END
# Made by $PWD/first-deploy.sh: renews the certificate when it is time.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
$minute 3,15 * * * root $PWD/certbot/renew.sh 2>&1 | logger -t wearon-certificate
END
  # cron reads no file that others may write.
  chmod 644 "$CRON_FOLDER/wearon-certificate"
}

check_programs
lock_deployment
[ -f .env ] || cp .env.example .env
chmod 600 .env
unset WORKER_IMAGE
if [ $# -gt 0 ]; then
  is_image_by_digest "$1" || give_up "$1 is no image by digest: NAME@sha256:…"
  [ "$1" = "$(setting WORKER_IMAGE)" ] || ! is_ready worker-a ||
    give_up 'The service runs another image: rolling-update.sh replaces it without loss.'
  keep_setting WORKER_IMAGE "$1"
fi
check_settings
check_secrets
if [ ${#problems[@]} -gt 0 ]; then
  printf '✖ %s\n' "${problems[@]}" >&2
  give_up 'Fix this and run it again.'
fi
compose config --quiet || give_up 'docker compose does not accept compose.prod.yaml: it says why above.'

say 'fetching the images …'
compose pull --quiet || give_up 'Not every image can be fetched, see above. A private registry needs docker login first.'
certbot/issue.sh
say 'starting …'
starting=(--detach --wait --wait-timeout 300)
if is_ready worker-a || is_ready worker-b; then
  say 'It is in service: what runs is left alone. rolling-update.sh brings changed settings into force.'
  starting+=(--no-recreate)
fi
compose up "${starting[@]}" ||
  give_up 'Not everything is healthy: docker compose ps says what, docker compose logs why.'
renew_by_cron
compose exec -T worker-a wearon doctor </dev/null ||
  give_up 'The doctor finds something to fix, see above. Then run it again.'
say "https://$(setting DOMAIN)/health answers; Grafana is at https://$(setting DOMAIN)/grafana/."
