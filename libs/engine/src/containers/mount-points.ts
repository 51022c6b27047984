import { normalize } from 'node:path';
import { badParameter, EngineError } from '../errors.ts';
import { checkVolumeOptions } from '../volume-mount.ts';
import { checkVolumeName } from '../volumes.ts';
import type { MountPoint } from './record.ts';
import type { Config, HostConfig, MountRequest } from './settings.ts';

/** What is to be mounted where, before volumes are made: `volume` without a name is anonymous. */
export type WantedMount = Omit<MountPoint, 'Source'> & {
  Source?: string;
  labels?: Record<string, string>;
  driverOptions?: Record<string, string>;
  mustExist?: boolean;
};

/**
 * Of `Binds`, `Mounts`, `Tmpfs` and the volumes of the configuration, which is merged with the image's. One destination is mounted once:
 * what was asked for, and what is `taken`, wins over what the image declares. Pure. Throws 400 and 500 with Docker's words.
 */
export function wantedMounts(config: Config, host: HostConfig, taken: ReadonlySet<string> = new Set()): WantedMount[] {
  const asked = [
    ...(host.Binds ?? []).map(ofBind),
    ...(host.Mounts ?? []).map(ofMount),
    ...Object.entries(host.Tmpfs ?? {}).map(([target, options]) => tmpfs(target, options.split(',').filter(Boolean))),
  ];
  const seen = new Set<string>();
  for (const { Destination } of asked) {
    if (seen.has(Destination)) throw badParameter(`Duplicate mount point: ${Destination}`);
    seen.add(Destination);
  }
  const declared = Object.keys(config.Volumes ?? {})
    .map((path) => normalize(path).replace(/(.)\/$/, '$1'))
    .filter((path) => !seen.has(path) && !taken.has(path));
  for (const path of declared)
    if (!path.startsWith('/') || path === '/') throw badParameter(`invalid volume: invalid mount path: '${path}'`);
  return [...asked, ...declared.map((path) => volume({ Destination: path, anonymous: true }))];
}

const volume = (more: Partial<WantedMount> & { Destination: string }): WantedMount => ({
  Type: 'volume',
  Driver: 'local',
  Mode: '',
  RW: true,
  Propagation: '',
  ...more,
});

const modes = new Set([
  'ro',
  'rw',
  'z',
  'Z',
  'nocopy',
  'private',
  'rprivate',
  'shared',
  'rshared',
  'slave',
  'rslave',
  'consistent',
  'cached',
  'delegated',
]);

/** `source:destination[:modes]`. */
function ofBind(text: string): WantedMount {
  const invalid = (why: string): EngineError => new EngineError(500, `invalid volume specification: '${text}'${why}`);
  const parts = text.split(':');
  const [source, target, mode = ''] = parts;
  if (parts.length > 3 || !source) throw invalid('');
  if (target === undefined) {
    throw invalid(`: invalid mount config for type "volume": invalid mount path: '${source}' mount path must be absolute`);
  }
  if (!target.startsWith('/'))
    throw invalid(`: invalid mount config for type "bind": invalid mount path: '${target}' mount path must be absolute`);
  const destination = destinationOf(target, invalid);
  const options = mode.split(',').filter(Boolean);
  for (const option of options) if (!modes.has(option)) throw invalid(`: invalid mode: ${mode}`);
  const common = { Destination: destination, Mode: mode, RW: !options.includes('ro') };
  if (!source.startsWith('/')) {
    checkVolumeName(source);
    return volume({ ...common, Name: source, Mode: mode || 'z', ...(options.includes('nocopy') && { noCopy: true }) });
  }
  const propagation = options.find((option) => /^r?(private|shared|slave)$/.test(option)) ?? 'rprivate';
  return { Type: 'bind', Source: normalize(source), Propagation: propagation, ...common };
}

function ofMount(request: MountRequest): WantedMount {
  const invalid = (why: string): EngineError => badParameter(`invalid mount config for type "${request.Type}": ${why.replace(/^: /, '')}`);
  const { Source: source, Target: target, ReadOnly: readonly = false } = request;
  if (!target) throw invalid('field Target must not be empty');
  if (!target.startsWith('/')) throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  const destination = destinationOf(target, invalid);
  for (const [type, options] of Object.entries({ Bind: request.BindOptions, Volume: request.VolumeOptions, Tmpfs: request.TmpfsOptions })) {
    if (options && type.toLowerCase() !== request.Type)
      throw badParameter(`${type}Options must not be specified on mount type "${request.Type}"`);
  }
  switch (request.Type) {
    case 'bind':
      if (!source) throw invalid('field Source must not be empty');
      if (!source.startsWith('/')) throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
      return {
        Type: 'bind',
        Source: normalize(source),
        Destination: destination,
        Mode: '',
        RW: !readonly,
        Propagation: propagationOf(request.BindOptions?.Propagation, invalid),
        ...(request.BindOptions?.NonRecursive && { nonRecursive: true }),
        ...(readonly && request.BindOptions?.ReadOnlyForceRecursive && { recursiveReadonly: true }),
        ...(!request.BindOptions?.CreateMountpoint && { mustExist: true }),
      };
    case 'volume': {
      const { DriverConfig: driver, NoCopy: noCopy, Labels: labels } = request.VolumeOptions ?? {};
      if (driver?.Name && driver.Name !== 'local')
        throw badParameter(`error looking up volume plugin ${driver.Name}: plugin "${driver.Name}" not found`);
      checkVolumeOptions(driver?.Options ?? {});
      if (source) checkVolumeName(source);
      return volume({
        Destination: destination,
        Mode: 'z',
        RW: !readonly,
        ...(source ? { Name: source } : { anonymous: true }),
        ...(noCopy && { noCopy }),
        ...(labels && { labels }),
        ...(driver?.Options && { driverOptions: driver.Options }),
      });
    }
    case 'tmpfs': {
      if (source) throw invalid('field Source must not be specified');
      const { SizeBytes: size, Mode: mode } = request.TmpfsOptions ?? {};
      return tmpfs(target, [...(readonly ? ['ro'] : []), ...(size ? [`size=${size}`] : []), ...(mode ? [`mode=${mode.toString(8)}`] : [])]);
    }
    default:
      throw badParameter(`invalid mount config for type "${request.Type}": mount type unknown`);
  }
}

function propagationOf(asked: string | undefined, invalid: (why: string) => EngineError): string {
  if (!asked) return 'rprivate';
  if (!/^r?(private|shared|slave)$/.test(asked)) throw invalid(`invalid propagation mode: ${asked}`);
  return asked;
}

const tmpfsOptions = /^(ro|rw|exec|noexec|suid|nosuid|dev|nodev|(size|nr_inodes|mode|uid|gid)=[0-9a-zA-Z%]+)$/;

function tmpfs(target: string, options: readonly string[]): WantedMount {
  if (!target.startsWith('/'))
    throw badParameter(`invalid mount config for type "tmpfs": invalid mount path: '${target}' mount path must be absolute`);
  for (const option of options) if (!tmpfsOptions.test(option)) throw badParameter(`invalid tmpfs option ["${option}"]`);
  const given = options.filter((option) => option !== 'ro' && option !== 'rw');
  return {
    Type: 'tmpfs',
    Source: '',
    Destination: normalize(target),
    Mode: options.join(','),
    RW: !options.includes('ro'),
    Propagation: '',
    options: ['noexec', 'nosuid', 'nodev', ...given],
  };
}

function destinationOf(target: string, invalid: (why: string) => EngineError): string {
  const destination = normalize(target).replace(/(.)\/$/, '$1');
  if (destination === '/') throw invalid(": invalid specification: destination can't be '/'");
  return destination;
}
