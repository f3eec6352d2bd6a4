# shellcheck shell=bash
# What issuing and renewing share. Sourced, with the folder of compose.prod.yaml as the working directory.

# Its version, and after `@` its digest when it is pinned.
CERTBOT_IMAGE=${CERTBOT_IMAGE:-certbot/certbot:v5.8.0}
LETSENCRYPT=${LETSENCRYPT:-/etc/letsencrypt}
WEBROOT=${WEBROOT:-/var/www/certbot}

# One name for the certificate, whatever domain it is for, so that nginx.conf need not know the domain.
CERTIFICATE=$LETSENCRYPT/live/wearon/fullchain.pem

# certbot OPTIONS-OF-DOCKER… -- ARGUMENTS…
certbot() {
  local -a options=()
  while [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  shift
  mkdir -p "$LETSENCRYPT" "$WEBROOT"
  # nginx's workers, which are not root, read the proofs.
  chmod 755 "$WEBROOT"
  docker run --rm "${options[@]}" \
    --volume "$LETSENCRYPT:/etc/letsencrypt" --volume "$WEBROOT:/var/www/certbot" \
    "$CERTBOT_IMAGE" "$@"
}

# Is there a certificate for the domain that does not run out these days? Renewing it in time is renew.sh's part.
certificate_is_good() {
  local names
  [ -s "$CERTIFICATE" ] && openssl x509 -in "$CERTIFICATE" -noout -checkend $((2 * 24 * 3600)) >/dev/null || return 1
  names=$(openssl x509 -in "$CERTIFICATE" -noout -ext subjectAltName)
  [[ " ${names//,/ } " == *[[:space:]]DNS:"$1"[[:space:]]* ]]
}

end_of_certificate() {
  openssl x509 -in "$CERTIFICATE" -noout -enddate | cut -d= -f2
}

# Leaves for the node exporter until when the certificate is valid; the alert CertificateExpires reads it.
note_end_of_certificate() {
  local folder=$LETSENCRYPT/metrics
  mkdir -p "$folder"
  chmod 755 "$folder"
  {
    echo '# HELP certificate_not_after_timestamp_seconds When the certificate of nginx expires.'
    echo '# TYPE certificate_not_after_timestamp_seconds gauge'
    echo "certificate_not_after_timestamp_seconds $(date --date="$(end_of_certificate)" +%s)"
  } >"$folder/certificate.prom.new"
  chmod 644 "$folder/certificate.prom.new"
  mv "$folder/certificate.prom.new" "$folder/certificate.prom"
}

# Lets nginx read the certificate if it is not the one that it read last. What it has read is recorded
# afterwards, so a reload that failed is made up for by the next run.
let_nginx_read_it() {
  local now
  note_end_of_certificate
  now=$(sha256sum "$CERTIFICATE" | cut -d' ' -f1)
  [ "$now" != "$(cat state/certificate 2>/dev/null)" ] || return 0
  if is_running nginx; then
    compose kill --signal HUP nginx
    say 'nginx reads the new certificate.'
  fi
  mkdir -p state
  echo "$now" >state/certificate
}
