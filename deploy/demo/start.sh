#!/bin/sh
# Process 1 of a container has no default signal actions: without the trap SIGTERM would do nothing until the grace period ends.
# Requests that are being answered get a second to finish; new ones do not come any more when the signal does.
httpd -f -p "${PORT:-8080}" -h /www &
server=$!
trap 'kill $server; sleep 1; exit 0' TERM
wait $server
