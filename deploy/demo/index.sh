#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
echo "berth demo ${DEMO_VERSION:-v1}: pod $(hostname) on node ${NODE_NAME:-unknown}"
