import { readFile } from 'node:fs/promises';

/** A flag that is wrong: the process says so in one line and ends with 2. */
export class FlagError extends Error {}

/** `a, b,c` → its parts; an empty text has none. */
export function listFlag(text: string): string[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** From 1 to 65535; 0, which has the kernel choose, is none. Throws FlagError. */
export function portFlag(flag: string, text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new FlagError(`--${flag} ${text}: not a port number`);
  return port;
}

/** An empty text is as good as none. Throws FlagError. */
export function requiredFlag(flag: string, value: string | undefined): string {
  if (value === undefined || value === '') throw new FlagError(`--${flag} is required`);
  return value;
}

/** A whole decimal number, both bounds included. Throws FlagError. */
export function numberFlag(flag: string, text: string, { from = 0, to = Number.MAX_SAFE_INTEGER } = {}): number {
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || number < from || number > to)
    throw new FlagError(`--${flag} ${text}: not a number from ${from} to ${to}`);
  return number;
}

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Milliseconds of `40s`, `1h30m`, `500ms` or `0`: Go's durations, as upstream's flags have them; without a sign, and without units below a
 * millisecond. Throws FlagError.
 */
export function durationFlag(flag: string, text: string): number {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new FlagError(`--${flag} ${text}: not a duration, such as 40s or 1h30m`);
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * unitMs[unit as keyof typeof unitMs], 0);
}

/** `1/3`, `0.5`, `1`: a part of a whole. Throws Error. */
export function fractionOf(text: string): number {
  const [, part = 'none', of = '1'] = /^(\d{1,4}(?:\.\d{1,4})?)(?:\/(\d{1,4}))?$/.exec(text) ?? [];
  const fraction = Number(part) / Number(of);
  if (fraction > 0 && fraction <= 1) return fraction;
  throw new Error('not a part of a whole, such as 1/3, 0.5 or 1');
}

/** What `read` makes of a flag's text; an error of it names the flag. */
export function readFlag<T>(flag: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (err) {
    throw new FlagError(`--${flag} ${text}: ${(err as Error).message}`, { cause: err });
  }
}

/** The text of the file that a flag names. */
export async function fileFlag(flag: string, path: string | undefined): Promise<string> {
  const wanted = requiredFlag(flag, path);
  try {
    return await readFile(wanted, 'utf8');
  } catch (err) {
    throw new FlagError(`--${flag} ${wanted}: ${(err as Error).message}`, { cause: err });
  }
}

/** Flags of every process that is a client of the api-server and serves its own metrics. */
export const clientFlags = {
  server: { type: 'string' },
  'ca-file': { type: 'string' },
  'cert-file': { type: 'string' },
  'key-file': { type: 'string' },
  'log-level': { type: 'string', default: 'info' },
} as const;

export interface ClientConfig {
  /** gRPC addresses of the api-servers, `host:port`. */
  servers: string[];
  /** PEM texts: the cluster's authority, and who this process is to the api-server and to those who read its metrics. */
  tls: { ca: string; cert: string; key: string };
  /** Where the process serves its own metrics and health, all of them at `port`. */
  bindAddresses: string[];
  port: number;
  logLevel: string;
}

type ClientFlag = keyof typeof clientFlags | 'bind-address' | 'secure-port';

/** What the values of `clientFlags`, `bind-address` and `secure-port` say. Throws FlagError. */
export async function clientConfig(values: Partial<Record<ClientFlag, string>>): Promise<ClientConfig> {
  const [ca, cert, key] = await Promise.all([
    fileFlag('ca-file', values['ca-file']),
    fileFlag('cert-file', values['cert-file']),
    fileFlag('key-file', values['key-file']),
  ]);
  return {
    servers: listFlag(requiredFlag('server', values.server)),
    tls: { ca, cert, key },
    bindAddresses: listFlag(requiredFlag('bind-address', values['bind-address'])),
    port: portFlag('secure-port', requiredFlag('secure-port', values['secure-port'])),
    logLevel: requiredFlag('log-level', values['log-level']),
  };
}

/** Reads the flags of a process; a wrong one ends it with 2 and one line that names it. */
export async function flagsOrExit<T>(part: string, read: (args: readonly string[]) => Promise<T>): Promise<T> {
  try {
    return await read(process.argv.slice(2));
  } catch (err) {
    const wrong = err instanceof FlagError || (err as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS');
    process.stderr.write(`${part}: ${(err as Error).message}\n`);
    process.exit(wrong ? 2 : 1);
  }
}

/** `--feature-gates A=true,B=false`: those of `known` that are on. Throws FlagError. */
export function featureGates(text: string, known: readonly string[]): ReadonlySet<string> {
  const on = new Set<string>();
  for (const gate of listFlag(text)) {
    const [name = '', value] = gate.split('=');
    if (!known.includes(name)) throw new FlagError(`--feature-gates: unrecognized feature gate: ${name}`);
    if (value !== 'true' && value !== 'false') throw new FlagError(`--feature-gates: ${gate}: must be NAME=true or NAME=false`);
    if (value === 'true') on.add(name);
    else on.delete(name);
  }
  return on;
}
