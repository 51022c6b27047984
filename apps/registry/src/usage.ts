/** What `--help` prints. */
export const usage = `Usage: berth registry [flags]

Serves an OCI registry (distribution-spec 1.1). SIGTERM and SIGINT end it when the transfers that run have ended.

  --root-dir DIR                      where everything is kept (/var/lib/berth-registry for "berth registry"); replicas share it
  --bind-address A[,A…]               127.0.0.1
  --port N                            5000
  --tls-cert-file F --tls-private-key-file F    serve HTTPS
  --htpasswd-file F                   users, as htpasswd -B writes them; without it and without access in the settings all is open
  --anonymous-access none|pull        what those without a password may (none)
  --config-file F                     access rules, mirrors, quotas, rate limits, notifications, retention: docs/registry.md
  --token-key-file F                  key that tokens are signed with (token.key in the root directory, made where there is none)
  --s3-endpoint URL                   keep everything in this bucket, https://host/bucket; the root directory has what is on its way
  --s3-region R --s3-prefix P         us-east-1; what all keys begin with
  --s3-credentials-file F             aws_access_key_id and aws_secret_access_key; the environment variables of these names unless given
  --garbage-collect                   delete what nothing names, print what went, and end
  --garbage-collect-interval D        6h; 0 for never
  --garbage-collect-grace-period D    1h; a blob stays so long after it was last touched
  --server HOST:PORT[,…]              api-servers that are asked who may read the metrics; without them there is no metrics port
  --metrics-port N                    5001
  --ca-file F --cert-file F --key-file F        for these api-servers and the metrics port
  --log-level L                       info
  --help
`;
