#!/bin/sh
# Process 1 of a container has no default signal actions: without the trap SIGTERM would do nothing until the grace period ends.
# What the kernel has taken for the server and the server has not, and what it is answering, gets a second; nothing new comes any more
# when the signal does.
httpd -f -p "${PORT:-8080}" -h /www &
server=$!
trap 'sleep 1; kill $server; exit 0' TERM
wait $server
