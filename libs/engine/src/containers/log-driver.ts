import { badParameter, EngineError } from '../errors.ts';
import type { ContainerRecord } from './record.ts';
import type { HostConfig } from './settings.ts';

type LogConfig = HostConfig['LogConfig'];

/** docs.docker.com, "Configure logging drivers": what each driver can be told. */
const known: Record<string, readonly string[]> = {
  'json-file': ['max-file', 'max-size', 'compress', 'labels', 'labels-regex', 'env', 'env-regex', 'tag', 'mode', 'max-buffer-size'],
  local: ['max-file', 'max-size', 'compress', 'mode', 'max-buffer-size'],
};

/** How long a log may get, and how many files there are of it. */
export interface LogLimits {
  maxBytes: number;
  files: number;
  compress: boolean;
}

/** Throws 400 with Docker's words. */
export function checkLogConfig({ Type, Config }: LogConfig): void {
  if (Type === 'none') return;
  const driver = Type || 'json-file';
  if (!Object.hasOwn(known, driver)) throw badParameter(`logger: no log driver named '${driver}' is registered`);
  for (const name of Object.keys(Config)) {
    if (!known[driver as 'local']!.includes(name)) throw badParameter(`unknown log opt '${name}' for ${driver} log driver`);
  }
  const { mode = 'blocking' } = Config;
  if (!['', 'blocking', 'non-blocking'].includes(mode)) throw badParameter(`logger: logging mode not supported: ${mode}`);
  if (Config['max-buffer-size'] !== undefined && mode !== 'non-blocking')
    throw badParameter("logger: max-buffer-size option is only supported with 'mode=non-blocking'");
}

const units: Record<string, number> = { '': 1, b: 1, k: 1e3, m: 1e6, g: 1e9, t: 1e12 };

/** undefined: the log is not limited. Throws with Docker's words for what only its start refuses. */
export function logLimits({ Type, Config }: LogConfig): LogLimits | undefined {
  // Nobody reads it later, but whoever is attached reads it now.
  if (Type === 'none') return { maxBytes: 1e6, files: 1, compress: false };
  const failed = (why: string): EngineError =>
    new EngineError(500, `failed to create task for container: failed to initialize logging driver: ${why}`);
  const isLocal = Type === 'local';
  const size = Config['max-size'] ?? (isLocal ? '20m' : undefined);
  const files = Number(Config['max-file'] ?? (isLocal ? 5 : 1));
  const compress = Config['compress'] ?? String(isLocal && files > 1);
  if (!Number.isInteger(files)) throw failed(`strconv.Atoi: parsing "${Config['max-file']}": invalid syntax`);
  if (files < 1) throw failed('max-file cannot be less than 1');
  if (!['true', 'false', '1', '0', 't', 'f'].includes(compress.toLowerCase()))
    throw failed(`strconv.ParseBool: parsing "${compress}": invalid syntax`);
  const isCompressed = ['true', '1', 't'].includes(compress.toLowerCase());
  if (isCompressed && (files === 1 || size === undefined))
    throw failed('compress cannot be true when max-file is less than 2 or max-size is not set');
  if (size === undefined) return undefined;
  const [, number = '', unit = ''] = /^(-?\d+(?:\.\d+)?) ?([kmgt]?)i?b?$/i.exec(size) ?? [];
  if (number === '') throw failed(`invalid size: '${size}'`);
  const maxBytes = Math.floor(Number(number) * units[unit.toLowerCase() as 'k']!);
  if (maxBytes <= 0) throw failed('max-size must be a positive number');
  return { maxBytes, files, compress: isCompressed };
}

/** Throws 501 where `docker logs` has nothing to read. */
export function demandReadable({ hostConfig }: ContainerRecord): void {
  if (hostConfig.LogConfig.Type === 'none') throw new EngineError(501, 'configured logging driver does not support reading');
}

/** `docker logs --details`: what the options of the log take from labels, variables and the tag, as `name=value,…`. Pure. */
export function logDetails(record: ContainerRecord): string {
  const { Config } = record.hostConfig.LogConfig;
  const variables = Object.fromEntries(
    (record.config.Env ?? []).map((entry) => [entry.split('=', 1)[0]!, entry.slice(entry.indexOf('=') + 1)]),
  );
  const chosen = [
    ...picked(record.config.Labels, Config['labels'], Config['labels-regex']),
    ...picked(variables, Config['env'], Config['env-regex']),
    ...(Config['tag'] ? [['tag', tagOf(record, Config['tag'])] as const] : []),
  ];
  return chosen
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join(',');
}

function picked(from: Record<string, string>, names: string | undefined, pattern: string | undefined): [string, string][] {
  const listed = new Set((names ?? '').split(',').filter(Boolean));
  const fits = pattern ? new RegExp(pattern) : undefined;
  return Object.entries(from).filter(([name]) => listed.has(name) || fits?.test(name));
}

/** docs.docker.com, "Customize log driver output". */
function tagOf({ id, name, imageId, config }: ContainerRecord, template: string): string {
  const values: Record<string, string> = {
    ID: id.slice(0, 12),
    FullID: id,
    Name: name,
    ImageID: imageId.replace('sha256:', '').slice(0, 12),
    ImageFullID: imageId,
    ImageName: config.Image,
    DaemonName: 'docker',
  };
  return template.replaceAll(/\{\{ *\.(\w+) *\}\}/g, (all, key: string) => (Object.hasOwn(values, key) ? values[key as 'ID']! : all));
}
