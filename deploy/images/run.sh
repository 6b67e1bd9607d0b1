#!/bin/sh
# Becomes the process that the first argument or PLINTH_SERVICE names, so that it gets the signals itself.
set -eu
service="${1:-${PLINTH_SERVICE:-}}"
case "$service" in
  *[!a-z]* | '') echo "PLINTH_SERVICE must name a service; it is '$service'" >&2; exit 64 ;;
esac
[ -f "/plinth/apps/$service/src/main.ts" ] || { echo "There is no service '$service' in this image" >&2; exit 64; }
exec node "/plinth/apps/$service/src/main.ts"
