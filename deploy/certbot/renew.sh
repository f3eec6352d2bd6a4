#!/usr/bin/env bash
# Renews the certificate when less than a third of its life is left, and lets nginx read it. Run twice a
# day by cron (first-deploy.sh sets that up). Arguments are passed to certbot, e.g. --dry-run.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=deploy/compose.sh
. ./compose.sh
# shellcheck source=deploy/certbot/certificate.sh
. certbot/certificate.sh

[ -s "$CERTIFICATE" ] || give_up "There is no certificate at $CERTIFICATE: run certbot/issue.sh first."

# --webroot, whatever way it was issued: nginx has port 80 now. It does nothing before its time.
certbot -- renew --cert-name wearon --webroot --webroot-path /var/www/certbot --non-interactive --quiet "$@" ||
  give_up "The renewal failed: certbot says why above. The old certificate is good until $(end_of_certificate)."
let_nginx_read_it
