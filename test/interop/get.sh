#!/bin/sh
# Fetches the Java KCL and KPL for the interop tests (npm run interop). Needs Maven and a JDK of 17 or
# later. Both libraries are Apache-2.0 and come from Maven Central; nothing of them is kept here.
# Usage: test/interop/get.sh [FOLDER]   (default: $SHARDLINE_INTEROP_DIR or ~/.cache/shardline-interop)
set -eu
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-${SHARDLINE_INTEROP_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/shardline-interop}}
mkdir -p "$folder"
for library in kcl kpl; do
  target="$folder/lib-$library"
  if [ -d "$target" ]; then
    echo "have $target" >&2
    continue
  fi
  echo "fetching $target" >&2
  mvn --quiet --batch-mode --file "$here/java/pom-$library.xml" \
    dependency:copy-dependencies "-DoutputDirectory=$target.part" >&2
  mv "$target.part" "$target"
done
echo "$folder"
