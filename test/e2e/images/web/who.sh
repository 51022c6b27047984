#!/bin/sh
printf 'Content-Type: text/plain\r\n\r\n'
echo "$VERSION $(hostname) ${NODE_NAME:-?} greeting=$GREETING password=$PASSWORD file=$(cat /etc/web/motd 2>/dev/null) init=$(cat /work/ready 2>/dev/null)"
