#!/usr/bin/env bash
# Builds the Dockerfile for real without a Docker engine and without a registry, shows what is in the
# image, and runs test/deploy/image-run.test.ts against it. As root, on Debian, with its packages
# debootstrap, buildah, podman and runc.
#
# The base image is pulled where a registry answers. Where none does, a stand-in takes its name:
# Debian bookworm from debootstrap, with the Node 24 of the npm package `node`. The rest is as it will
# be: buildah follows the same Dockerfile, and podman runs the image as deploy/compose.prod.yaml does.
set -euo pipefail
cd "$(dirname "$0")/.."

export IMAGE=localhost/wearon-worker:rehearsal
DEVELOPMENT_IMAGE=localhost/wearon-worker:rehearsal-development
NODE_IMAGE=docker.io/library/$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile | cut -d@ -f1)
readonly NODE_IMAGE

for program in debootstrap buildah podman runc; do
  command -v "$program" >/dev/null || {
    echo "$program is missing: apt-get install debootstrap buildah podman runc" >&2
    exit 1
  }
done
[ "$(id -u)" = 0 ] || { echo 'debootstrap needs root' >&2; exit 1; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Machines inside machines may neither raise limits nor have cgroups v2.
cat >"$folder/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "none"
CONF
export CONTAINERS_CONF=$folder/containers.conf

# Debian bookworm and Node 24 under the base image's name. Where Node needs certificates of its own
# to reach the registry of packages (a company's proxy), the stand-in gets them too.
make_stand_in() {
  local root=$folder/root
  local -a changes=()
  debootstrap --variant=minbase bookworm "$root" >"$folder/debootstrap.log" || {
    cat "$folder/debootstrap.log" >&2
    return 1
  }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  install node_modules/node/bin/node "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$(npm root --global --loglevel=silent)/npm" "$root/usr/local/lib/node_modules/"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  chroot "$root" useradd --create-home --uid 1000 node
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    install -D -m 644 "$NODE_EXTRA_CA_CERTS" "$root/etc/ssl/certs/ca-certificates.crt"
    changes+=(--change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt')
  fi
  tar -C "$root" -c . | podman import --quiet "${changes[@]}" - "$NODE_IMAGE" >/dev/null
}

if ! buildah inspect --type image "$NODE_IMAGE" >/dev/null 2>&1 &&
  ! buildah pull --quiet "$NODE_IMAGE" 2>/dev/null; then
  echo "· $NODE_IMAGE cannot be had here; making a stand-in of Debian bookworm and Node 24 …"
  make_stand_in
fi

build() {
  echo "· building $1 …"
  buildah build --isolation chroot --layers --format docker --build-arg "NODE_IMAGE=$NODE_IMAGE" \
    --target "$1" --tag "$2" . >"$folder/build.log" 2>&1 || {
    cat "$folder/build.log" >&2
    return 1
  }
}
build worker "$IMAGE"
build development "$DEVELOPMENT_IMAGE"

in_image() { podman run --rm --no-healthcheck --network none "$IMAGE" "$@"; }
echo "· megabytes, of $(podman image inspect --format '{{.Size}}' "$IMAGE" | awk '{ printf "%d", $1 / 1e6 }') in all (the base: $(podman image inspect --format '{{.Size}}' "$NODE_IMAGE" | awk '{ printf "%d", $1 / 1e6 }')):"
in_image du -m --max-depth=1 /app | sort -rn
in_image sh -c 'cd node_modules && du -sm * @*/* | sort -rn | head -8'

CONTAINER_ENGINE=podman node_modules/.bin/node --test --test-timeout=240000 test/deploy/image-run.test.ts
