#!/usr/bin/env bash
# Gets the first certificate for DOMAIN (from .env or the environment) from Let's Encrypt. Does nothing
# when there is a good one. Arguments are passed to certbot, e.g. --dry-run.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/compose.sh
. ./compose.sh
# shellcheck source=deploy/certbot/certificate.sh
. certbot/certificate.sh

domain=$(setting DOMAIN)
email=$(setting CERTBOT_EMAIL)
[ -n "$domain" ] || give_up 'DOMAIN is missing: the name under which the service is reached, in deploy/.env.'
[ -n "$email" ] || give_up 'CERTBOT_EMAIL is missing: the address for notices of certificates that expire, in deploy/.env.'

if [ $# = 0 ] && certificate_is_good "$domain"; then
  say "The certificate for $domain is good until $(end_of_certificate)."
  let_nginx_read_it
  exit
fi

# nginx has port 80 once it runs; before its first start, which needs a certificate, certbot takes it.
if is_running nginx; then
  way=(--)
  proof=(--webroot --webroot-path /var/www/certbot)
else
  way=(--publish 80:80 --)
  proof=(--standalone)
fi
certbot "${way[@]}" certonly "${proof[@]}" --non-interactive --agree-tos --email "$email" \
  --cert-name wearon --domain "$domain" --renew-with-new-domains --keep-until-expiring "$@" ||
  give_up "There is no new certificate for $domain: certbot says why above. Does the name lead to this machine, and is port 80 open?"
[ $# = 0 ] || exit 0

certificate_is_good "$domain" || give_up "certbot left no good certificate for $domain at $CERTIFICATE."
say "The certificate for $domain is good until $(end_of_certificate)."
let_nginx_read_it
