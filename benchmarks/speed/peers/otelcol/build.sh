#!/bin/sh
# Build into the folder given, or into $LOGLOOM_BENCH_CACHE, or into ~/.cache/logloom-bench.
set -eu
cache=${1:-${LOGLOOM_BENCH_CACHE:-$HOME/.cache/logloom-bench}}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
cd "$(dirname "$0")"
CGO_ENABLED=0 go build -mod=readonly -buildvcs=false -trimpath -ldflags="-s -w" -o "$cache/otelcol" .
