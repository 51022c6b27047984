import { constants } from 'node:os';
import type { Image } from '#runtime/images.contract';
import { badParameter } from '../errors.ts';
import { checkHealthcheck, mergedCheck } from './health.ts';
import type { Config, HostConfig } from './settings.ts';

/** What of an image a container begins with where its own configuration says nothing: Docker's `merge`. Pure. */
export function mergedConfig(config: Config, image: Image): Config {
  const base = image.config.config ?? {};
  const own = (config.Env ?? []).map(nameOfVariable);
  const env = [...(base.Env ?? []).filter((entry) => !own.includes(nameOfVariable(entry))), ...(config.Env ?? [])];
  // A new entrypoint means that the image's command was not meant for it.
  const takesBoth = config.Entrypoint === null || config.Entrypoint.length === 0;
  const entrypoint = takesBoth ? (base.Entrypoint ?? null) : config.Entrypoint;
  const command = config.Cmd ?? (takesBoth ? (base.Cmd ?? null) : null);
  return {
    ...config,
    User: config.User || base.User || '',
    WorkingDir: config.WorkingDir || base.WorkingDir || '',
    Env: env.length > 0 ? env : null,
    Entrypoint: config.Entrypoint?.length === 1 && config.Entrypoint[0] === '' ? null : entrypoint,
    Cmd: command,
    Labels: { ...base.Labels, ...config.Labels },
    ...joined('ExposedPorts', base.ExposedPorts, config.ExposedPorts),
    Volumes: base.Volumes || config.Volumes ? { ...base.Volumes, ...config.Volumes } : null,
    ...either('Healthcheck', mergedCheck(config.Healthcheck, base.Healthcheck)),
    ...either('StopSignal', config.StopSignal ?? base.StopSignal),
    ...either('Shell', config.Shell ?? base.Shell),
    OnBuild: null,
  } as Config;
}

const nameOfVariable = (entry: string): string => entry.split('=', 1)[0] ?? '';

const either = (key: string, value: unknown): object => (value === undefined ? {} : { [key]: value });

function joined(key: string, base: object | undefined, own: object | undefined): object {
  return base || own ? { [key]: { ...base, ...own } } : {};
}

/** Program and arguments. Throws 400 where there is none. */
export function commandLine({ Entrypoint, Cmd }: Config): { path: string; args: string[] } {
  const [path, ...args] = [...(Entrypoint ?? []), ...(Cmd ?? [])];
  if (path === undefined) throw badParameter('No command specified');
  return { path, args };
}

/** Docker's default size of /dev/shm. */
export const SHM_BYTES = 64 * 1024 * 1024;

const minimumMemory = 6 * 1024 * 1024;

/** Throws 400 with Docker's words for what cannot be. Pure. */
export function checkSettings(config: Config, host: HostConfig): void {
  const { Name: policy, MaximumRetryCount: retries } = host.RestartPolicy;
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(policy)) throw badParameter(`invalid restart policy '${policy}'`);
  if (retries < 0) throw badParameter('maximum retry count cannot be negative');
  if (retries > 0 && policy !== 'on-failure') throw badParameter(`maximum retry count cannot be used with restart policy '${policy}'`);
  if (host.AutoRemove && !['', 'no'].includes(policy)) throw badParameter("can't create 'AutoRemove' container with restart policy");
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw badParameter(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal !== undefined) signalName(config.StopSignal);
  checkHealthcheck(config.Healthcheck);
  checkLimits(host);
  refuseUnserved(host);
  if (config.MacAddress) throw badParameter('Config.MacAddress is not supported by this engine');
  if (config.NetworkDisabled) throw badParameter('Config.NetworkDisabled is not supported by this engine');
}

function checkLimits(host: HostConfig): void {
  const { Memory, MemorySwap, MemoryReservation, NanoCpus, CpuPeriod, CpuQuota } = host;
  if (Memory > 0 && Memory < minimumMemory) throw badParameter('Minimum memory limit allowed is 6MB');
  if (Memory > 0 && MemorySwap > 0 && MemorySwap < Memory) {
    throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage');
  }
  if (Memory === 0 && MemorySwap > 0) throw badParameter('You should always set the Memory limit when using Memoryswap limit, see usage');
  if (Memory > 0 && MemoryReservation > Memory) {
    throw badParameter('Minimum memory limit can not be less than memory reservation limit, see usage');
  }
  if (NanoCpus < 0) throw badParameter('range of CPUs is from 0.01 to the number of CPUs that this machine has');
  if (NanoCpus > 0 && CpuPeriod > 0) throw badParameter('Conflicting options: Nano CPUs and CPU Period cannot both be set');
  if (NanoCpus > 0 && CpuQuota > 0) throw badParameter('Conflicting options: Nano CPUs and CPU Quota cannot both be set');
  if (CpuPeriod !== 0 && (CpuPeriod < 1000 || CpuPeriod > 1_000_000)) {
    throw badParameter('CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)');
  }
  if (CpuQuota > 0 && CpuQuota < 1000) throw badParameter('CPU cfs quota can not be less than 1ms (i.e. 1000)');
}

/** What this engine does not do is refused: a container that runs without what it was asked for is worse. */
function refuseUnserved(host: HostConfig): void {
  const empty = (value: unknown): boolean =>
    value === null ||
    value === undefined ||
    value === '' ||
    value === 0 ||
    value === false ||
    (typeof value === 'object' && Object.keys(value).length === 0);
  const unserved = [
    'Annotations',
    'BlkioDeviceReadBps',
    'BlkioDeviceReadIOps',
    'BlkioDeviceWriteBps',
    'BlkioDeviceWriteIOps',
    'BlkioWeight',
    'BlkioWeightDevice',
    'CgroupParent',
    'CpuRealtimePeriod',
    'CpuRealtimeRuntime',
    'CpusetCpus',
    'CpusetMems',
    'DeviceCgroupRules',
    'DeviceRequests',
    'Devices',
    'Init',
    'Isolation',
    'Links',
    'MemoryReservation',
    'MemorySwap',
    'OomKillDisable',
    'PublishAllPorts',
    'StorageOpt',
    'Ulimits',
    'UTSMode',
    'VolumeDriver',
    'VolumesFrom',
  ] as const;
  for (const field of unserved) if (!empty(host[field])) throw badParameter(`HostConfig.${field} is not supported by this engine`);
  if (Object.keys(host.PortBindings ?? {}).length > 0) throw badParameter('HostConfig.PortBindings is not supported by this engine');
  // -1 is what clients send for the machine's own.
  if (host.MemorySwappiness !== null && host.MemorySwappiness !== -1) {
    throw badParameter('HostConfig.MemorySwappiness is not supported by this engine');
  }
  if (host.ShmSize !== 0 && host.ShmSize !== SHM_BYTES) throw badParameter('HostConfig.ShmSize is not supported by this engine');
  if (Object.keys(host.LogConfig.Config).length > 0) throw badParameter('HostConfig.LogConfig.Config is not supported by this engine');
  if (!['', 'host'].includes(host.UsernsMode)) throw badParameter(`invalid USER namespace mode: ${host.UsernsMode}`);
  if (!['', 'runc', 'crun'].includes(host.Runtime)) throw badParameter(`unknown or invalid runtime name: ${host.Runtime}`);
  if (!['', 'private', 'shareable', 'host'].includes(host.IpcMode))
    throw badParameter(`IPC mode ${host.IpcMode} is not supported by this engine`);
  if (!['', 'host'].includes(host.PidMode)) throw badParameter(`PID mode ${host.PidMode} is not supported by this engine`);
  if (!['', 'json-file', 'local'].includes(host.LogConfig.Type)) {
    throw badParameter(`logger: no log driver named '${host.LogConfig.Type}' is registered`);
  }
}

const signals = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** `TERM`, `SIGTERM` and `15` are one. Throws 400. */
export function signalName(text: string): NodeJS.Signals {
  const name = /^\d+$/.test(text) ? signals.get(Number(text)) : `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  if (name === undefined || !Object.hasOwn(constants.signals, name)) throw badParameter(`Invalid signal: ${text}`);
  return name as NodeJS.Signals;
}
