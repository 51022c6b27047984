import type { Image } from '#runtime/images.contract';
import { capabilities } from '#runtime/capabilities.contract';
import { badParameter, EngineError } from '../errors.ts';
import { checkDevices, deviceRules, rlimitsOf } from './devices.ts';
import { checkHealthcheck, mergedCheck } from './health.ts';
import { checkLogConfig } from './log-driver.ts';
import type { Config, HostConfig } from './settings.ts';
import { signalName } from './signals.ts';

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

/** Throws 400 with Docker's words for what cannot be. `held`: capabilities that can be given on. Pure. */
export function checkSettings(config: Config, host: HostConfig, held: readonly string[]): void {
  const { Name: policy } = host.RestartPolicy;
  checkRestartPolicy(host.RestartPolicy);
  if (host.AutoRemove && !['', 'no'].includes(policy)) throw badParameter("can't create 'AutoRemove' container with restart policy");
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw badParameter(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal !== undefined) signalName(config.StopSignal);
  checkHealthcheck(config.Healthcheck);
  checkEnvironment(config.Env);
  checkDevices(host);
  deviceRules(host.DeviceCgroupRules ?? []);
  rlimitsOf(host.Ulimits);
  checkCapabilities(host, held);
  checkPlace(host);
  checkLogConfig(host.LogConfig);
  refuseUnserved(host);
}

/** Throws 400. */
export function checkRestartPolicy(asked: HostConfig['RestartPolicy']): void {
  const { Name: policy, MaximumRetryCount: retries } = asked;
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(policy)) throw badParameter(`invalid restart policy '${policy}'`);
  if (retries < 0) throw badParameter('maximum retry count cannot be negative');
  if (retries > 0 && policy !== 'on-failure') throw badParameter(`maximum retry count cannot be used with restart policy '${policy}'`);
}

function checkEnvironment(env: Config['Env']): void {
  for (const entry of env ?? []) if (entry === '' || entry.startsWith('=')) throw badParameter(`invalid environment variable: ${entry}`);
}

function checkCapabilities({ CapAdd, CapDrop }: HostConfig, held: readonly string[]): void {
  for (const [field, names] of Object.entries({ CapAdd, CapDrop })) {
    for (const each of names ?? []) {
      const name = `CAP_${each.toUpperCase().replace(/^CAP_/, '')}`;
      if (name === 'CAP_ALL') continue;
      if (!capabilities.includes(name)) throw badParameter(`invalid ${field}: unknown capability: "${name}"`);
      if (field === 'CapAdd' && !held.includes(name)) {
        const why = 'capability not supported by your kernel or not available in the current environment';
        throw badParameter(`invalid ${field}: ${why}: "${name}"`);
      }
    }
  }
}

/** Where and how it is run. */
function checkPlace(host: HostConfig): void {
  const { OomScoreAdj: score, ShmSize: shm, Isolation: isolation, CgroupnsMode: cgroups } = host;
  if (score < -1000 || score > 1000) throw badParameter(`Invalid value ${score}, range for oom score adj is [-1000, 1000]`);
  if (shm < 0) throw badParameter('SHM size can not be less than 0');
  if (!['', 'default'].includes(isolation.toLowerCase()))
    throw badParameter(`Invalid isolation: "${isolation}" - linux only supports 'default'`);
  if (!['', 'host', 'private'].includes(cgroups)) throw badParameter(`invalid cgroup namespace mode: ${cgroups}`);
  if (host.CgroupParent.split('/').includes('..')) throw badParameter(`invalid cgroup parent: ${host.CgroupParent}`);
  if (!['', 'local'].includes(host.VolumeDriver))
    throw badParameter(`error looking up volume plugin ${host.VolumeDriver}: plugin "${host.VolumeDriver}" not found`);
  for (const key of Object.keys(host.Annotations ?? {})) {
    if (key === '') throw badParameter('invalid Annotations: the empty string is not permitted as an annotation key');
    // crun's own annotations replace what was decided here, the filter of system calls among it.
    if (/^(run\.oci|org\.berth)\./.test(key)) throw badParameter(`annotation ${key} is not supported by this engine`);
  }
  if (Object.keys(host.StorageOpt ?? {}).length > 0) {
    throw new EngineError(500, "--storage-opt is supported only for overlay over xfs with 'pquota' mount option");
  }
}

/** What this engine does not do is refused: a container that runs without what it was asked for is worse. */
function refuseUnserved(host: HostConfig): void {
  if (!['', 'host'].includes(host.UsernsMode)) throw badParameter(`invalid USER namespace mode: ${host.UsernsMode}`);
  if (!['', 'runc', 'crun'].includes(host.Runtime)) throw badParameter(`unknown or invalid runtime name: ${host.Runtime}`);
  if (!/^(|none|private|shareable|host|container:.*)$/.test(host.IpcMode)) throw badParameter(`invalid IPC mode: ${host.IpcMode}`);
  if (!/^(|host|container:.*)$/.test(host.PidMode)) throw badParameter(`invalid PID mode: ${host.PidMode}`);
  if (!['', 'host'].includes(host.UTSMode)) throw badParameter(`invalid UTS mode: ${host.UTSMode}`);
}
