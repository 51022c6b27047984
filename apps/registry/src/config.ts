import { parseArgs } from 'node:util';
import type { BucketSettings } from '#registry';
import { durationFlag, FlagError, fileFlag, listFlag, lookUp, portFlag, requiredFlag } from '#base';

/** Flags of the registry; docs/architecture.md, "Processes and their flags". */
export interface RegistryConfig {
  rootDir: string;
  bindAddresses: string[];
  port: number;
  metricsPort: number;
  logLevel: string;
  /** Delete what nothing names, print what went, and end. */
  garbageCollect: boolean;
  /** How often a serving registry deletes what nothing names (0: never), and how long a blob stays after it was last touched. */
  garbage: { intervalMs: number; graceMs: number };
  /** gRPC addresses of the api-servers that are asked who may read the metrics. None: no metrics port. */
  servers: string[];
  tls?: { ca: string; cert: string; key: string };
  /** What clients meet on `port`; without it the registry speaks plain HTTP. */
  serving?: { cert: string; key: string };
  /** Path of the settings that need more than a flag, which are read again when they change: docs/registry.md. */
  configFile?: string;
  /** Path of the key that tokens are signed with, made where there is none; `token.key` in the root directory unless given. */
  tokenKeyFile?: string;
  /** Path of a file of `htpasswd -B`. Without it, and without access in the settings, everybody may pull and push. */
  htpasswdFile?: string;
  /** A bucket that blobs, manifests and tags are kept in; the root directory then has what is on its way. */
  s3?: { bucket: BucketSettings; prefix: string };
  /** What is open to those who show no password, where there is a file of them. */
  anonymousAccess: 'none' | 'pull';
}

/** Throws FlagError. */
export async function readConfig(args: readonly string[]): Promise<RegistryConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'root-dir': { type: 'string' },
      'bind-address': { type: 'string', default: '127.0.0.1' },
      port: { type: 'string', default: '5000' },
      'metrics-port': { type: 'string', default: '5001' },
      'log-level': { type: 'string', default: 'info' },
      'garbage-collect': { type: 'boolean', default: false },
      'garbage-collect-interval': { type: 'string', default: '6h' },
      'garbage-collect-grace-period': { type: 'string', default: '1h' },
      server: { type: 'string', default: '' },
      'ca-file': { type: 'string' },
      'cert-file': { type: 'string' },
      'key-file': { type: 'string' },
      'tls-cert-file': { type: 'string' },
      'tls-private-key-file': { type: 'string' },
      'config-file': { type: 'string' },
      'token-key-file': { type: 'string' },
      'htpasswd-file': { type: 'string' },
      'anonymous-access': { type: 'string', default: 'none' },
      's3-endpoint': { type: 'string' },
      's3-region': { type: 'string', default: 'us-east-1' },
      's3-prefix': { type: 'string', default: '' },
      's3-credentials-file': { type: 'string' },
    },
  });
  return {
    rootDir: requiredFlag('root-dir', values['root-dir']),
    bindAddresses: listFlag(values['bind-address']),
    port: portFlag('port', values.port),
    metricsPort: portFlag('metrics-port', values['metrics-port']),
    logLevel: values['log-level'],
    garbageCollect: values['garbage-collect'],
    garbage: {
      intervalMs: durationFlag('garbage-collect-interval', values['garbage-collect-interval']),
      graceMs: durationFlag('garbage-collect-grace-period', values['garbage-collect-grace-period']),
    },
    servers: listFlag(values.server),
    ...(await readTls(values['ca-file'], values['cert-file'], values['key-file'])),
    ...(await readServing(values['tls-cert-file'], values['tls-private-key-file'])),
    ...(values['config-file'] && { configFile: values['config-file'] }),
    ...(values['token-key-file'] && { tokenKeyFile: values['token-key-file'] }),
    ...(values['htpasswd-file'] && { htpasswdFile: values['htpasswd-file'] }),
    anonymousAccess: anonymousAccess(values['anonymous-access']),
    ...(values['s3-endpoint'] && { s3: await readBucket(values['s3-endpoint'], values) }),
  };
}

async function readBucket(
  endpoint: string,
  values: { 's3-region': string; 's3-prefix': string; 's3-credentials-file'?: string },
): Promise<NonNullable<RegistryConfig['s3']>> {
  const url = URL.parse(endpoint);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new FlagError(`--s3-endpoint ${endpoint}: must be a URL of http or https, with the bucket as its path`);
  const file = values['s3-credentials-file'];
  const written = file === undefined ? '' : await fileFlag('s3-credentials-file', file);
  // The shared credentials file of AWS's tools; their environment variables otherwise.
  const secret = (name: string): string => {
    const found =
      file === undefined ? lookUp(process.env, name.toUpperCase()) : new RegExp(`^\\s*${name}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(written)?.[1];
    if (!found)
      throw new FlagError(
        file === undefined
          ? `--s3-endpoint needs ${name.toUpperCase()}, or --s3-credentials-file`
          : `--s3-credentials-file ${file}: has no ${name}`,
      );
    return found;
  };
  const prefix = values['s3-prefix'].replace(/^\/+|\/+$/g, '');
  const credentials = { accessKeyId: secret('aws_access_key_id'), secretAccessKey: secret('aws_secret_access_key') };
  return { bucket: { endpoint, region: values['s3-region'], ...credentials }, prefix };
}

function anonymousAccess(value: string): RegistryConfig['anonymousAccess'] {
  if (value === 'none' || value === 'pull') return value;
  throw new FlagError(`--anonymous-access ${value}: must be none or pull`);
}

async function readServing(cert?: string, key?: string): Promise<Pick<RegistryConfig, 'serving'>> {
  if (!cert && !key) return {};
  if (!cert || !key) throw new FlagError('--tls-cert-file and --tls-private-key-file belong together');
  return { serving: { cert: await fileFlag('tls-cert-file', cert), key: await fileFlag('tls-private-key-file', key) } };
}

async function readTls(ca?: string, cert?: string, key?: string): Promise<Pick<RegistryConfig, 'tls'>> {
  if (!ca && !cert && !key) return {};
  if (!ca || !cert || !key) throw new FlagError('--ca-file, --cert-file and --key-file belong together');
  return {
    tls: { ca: await fileFlag('ca-file', ca), cert: await fileFlag('cert-file', cert), key: await fileFlag('key-file', key) },
  };
}
