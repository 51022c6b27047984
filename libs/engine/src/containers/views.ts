import type { Engine } from '../engine.ts';
import { containerNetworks, networkSettings, portSummaries } from '../networks/views.ts';
import { humanDuration } from './human-duration.ts';
import type { ContainerRecord, ContainerSizes, HealthStatus, MountPoint } from './record.ts';

/** Docker Engine API, "List containers" and "Inspect a container". */

export function statusText(engine: Engine, record: ContainerRecord): string {
  const { state } = record;
  const status = engine.containers.status(record);
  const since = (time: string): string => humanDuration(engine.options.clock.now().getTime() - Date.parse(time));
  switch (status) {
    case 'created':
      return 'Created';
    case 'running':
      return `Up ${since(state.startedAt)}${state.health ? ` (${healthText(state.health.Status)})` : ''}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'removing':
      return 'Removal In Progress';
    case 'exited':
      return `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}

const healthText = (status: HealthStatus): string => (status === 'starting' ? 'health: starting' : status);

export function containerSummary(engine: Engine, record: ContainerRecord, sizes?: ContainerSizes): object {
  return {
    Id: record.id,
    Names: [`/${record.name}`],
    Image: record.config.Image,
    ImageID: record.imageId,
    Command: [record.path, ...record.args].map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' '),
    Created: Math.floor(Date.parse(record.created) / 1000),
    Ports: engine.containers.isRunning(record) ? portSummaries(record) : [],
    ...sizes,
    Labels: record.config.Labels,
    State: engine.containers.status(record),
    Status: statusText(engine, record),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode },
    NetworkSettings: { Networks: containerNetworks(engine, record) },
    Mounts: record.mounts.filter(({ Type }) => Type !== 'tmpfs').map(shownMount),
  };
}

export function containerDetails(engine: Engine, record: ContainerRecord, sizes?: ContainerSizes): object {
  const { containers, execs } = engine;
  const { state, config, hostConfig } = record;
  const status = containers.status(record);
  const running = containers.isRunning(record) || status === 'restarting';
  const files = containers.files(record.id);
  const ids = execs.of(record).map(({ id }) => id);
  return {
    Id: record.id,
    Created: record.created,
    Path: record.path,
    Args: record.args,
    State: {
      Status: status,
      Running: running,
      Paused: status === 'paused',
      Restarting: status === 'restarting',
      OOMKilled: state.oomKilled,
      Dead: false,
      Pid: containers.pidOf(record),
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt,
      FinishedAt: state.finishedAt,
      ...(state.health && { Health: state.health }),
    },
    Image: record.imageId,
    ResolvConfPath: files.resolvConf,
    HostnamePath: files.hostname,
    HostsPath: files.hosts,
    LogPath: containers.logOf(record),
    Name: `/${record.name}`,
    RestartCount: state.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: '',
    ExecIDs: ids.length > 0 ? ids : null,
    HostConfig: { ...hostConfig, Links: linksView(record) },
    GraphDriver: { Name: 'overlay2', Data: null },
    ...sizes,
    Mounts: record.mounts.filter(({ Type }) => Type !== 'tmpfs').map(shownMount),
    Config: config,
    NetworkSettings: networkSettings(engine, record),
  };
}

function shownMount({ Type, Name, Source, Destination, Driver, Mode, RW, Propagation }: MountPoint): object {
  return { Type, ...(Name !== undefined && { Name }), Source, Destination, ...(Driver !== undefined && { Driver }), Mode, RW, Propagation };
}

/** As Docker shows them: `/other:/this/alias`. */
function linksView({ name, hostConfig: { Links } }: ContainerRecord): string[] | null {
  return (
    Links?.map((text) => {
      const [other, alias = other] = text.split(':');
      return `/${other}:/${name}/${alias}`;
    }) ?? null
  );
}
