#!/bin/sh
# Cleans up after the owner of a local stack, however it ended: when its standard input closes, the
# owner is gone. Ends the servers that have a note (`<signal> <pid>`) in $1/pids and removes $1.
trap '' INT TERM HUP
cat >/dev/null
for note in "$1"/pids/*; do
  # shellcheck disable=SC2046 # Two words: the signal and the pid.
  [ -f "$note" ] && kill -s $(cat "$note") 2>/dev/null
done
# A server may still be writing while it ends.
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf "$1" 2>/dev/null && [ ! -e "$1" ] && exit 0
  sleep 0.5
done
