import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';

/** Flags of the registry; docs/architecture.md, "Processes and their flags". */
export interface RegistryConfig {
  rootDir: string;
  bindAddresses: string[];
  port: number;
  metricsPort: number;
  logLevel: string;
  /** Delete what nothing names, print what went, and end. */
  garbageCollect: boolean;
  /** gRPC addresses of the api-servers that are asked who may read the metrics. None: no metrics port. */
  servers: string[];
  tls?: { ca: string; cert: string; key: string };
}

/** Throws an Error with one line for people when a flag is wrong. */
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
      server: { type: 'string', default: '' },
      'ca-file': { type: 'string' },
      'cert-file': { type: 'string' },
      'key-file': { type: 'string' },
    },
  });
  if (!values['root-dir']) throw new Error('--root-dir is required: the directory that keeps the images');
  return {
    rootDir: values['root-dir'],
    bindAddresses: listOf(values['bind-address']),
    port: portOf('--port', values.port),
    metricsPort: portOf('--metrics-port', values['metrics-port']),
    logLevel: values['log-level'],
    garbageCollect: values['garbage-collect'],
    servers: listOf(values.server),
    ...(await readTls(values['ca-file'], values['cert-file'], values['key-file'])),
  };
}

async function readTls(ca?: string, cert?: string, key?: string): Promise<Pick<RegistryConfig, 'tls'>> {
  if (!ca && !cert && !key) return {};
  if (!ca || !cert || !key) throw new Error('--ca-file, --cert-file and --key-file belong together');
  const [caText, certText, keyText] = await Promise.all([ca, cert, key].map((path) => readFile(path, 'utf8')));
  return { tls: { ca: caText ?? '', cert: certText ?? '', key: keyText ?? '' } };
}

function listOf(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function portOf(flag: string, text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`${flag} ${text}: not a port number`);
  return port;
}
