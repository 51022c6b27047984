import { bool, command, int, list, map, optional, orNull, struct, text, type Of } from './decode.ts';

/*
 * What a container is made of, in the form in which `inspect` shows it: Docker Engine API, "Create a container". Every field has its value or
 * Docker's default. Fields of Windows are not read.
 */

const nothing = struct<Record<string, never>>({});

export const healthcheck = struct({
  Test: orNull(list(text())),
  Interval: optional(int),
  Timeout: optional(int),
  StartPeriod: optional(int),
  StartInterval: optional(int),
  Retries: optional(int),
});

export const configShape = struct({
  Hostname: text(),
  Domainname: text(),
  User: text(),
  AttachStdin: bool,
  AttachStdout: bool,
  AttachStderr: bool,
  ExposedPorts: optional(map(nothing)),
  Tty: bool,
  OpenStdin: bool,
  StdinOnce: bool,
  Env: orNull(list(text())),
  Cmd: command,
  Healthcheck: optional(healthcheck),
  Image: text(),
  Volumes: orNull(map(nothing)),
  WorkingDir: text(),
  Entrypoint: command,
  NetworkDisabled: optional(bool),
  MacAddress: optional(text()),
  OnBuild: orNull(list(text())),
  Labels: map(text()),
  StopSignal: optional(text()),
  StopTimeout: optional(int),
  Shell: optional(list(text())),
});
export type Config = Of<typeof configShape>;

const portBinding = struct({ HostIp: text(), HostPort: text() });
const device = struct({ PathOnHost: text(), PathInContainer: text(), CgroupPermissions: text('rwm') });
const ulimit = struct({ Name: text(), Soft: int, Hard: int });
const throttle = struct({ Path: text(), Rate: int });
const weight = struct({ Path: text(), Weight: int });

export const mountShape = struct({
  Type: text(),
  Source: optional(text()),
  Target: text(),
  ReadOnly: optional(bool),
  Consistency: optional(text()),
  BindOptions: optional(
    struct({
      Propagation: optional(text()),
      NonRecursive: optional(bool),
      CreateMountpoint: optional(bool),
      ReadOnlyNonRecursive: optional(bool),
      ReadOnlyForceRecursive: optional(bool),
    }),
  ),
  VolumeOptions: optional(
    struct({
      NoCopy: optional(bool),
      Labels: optional(map(text())),
      DriverConfig: optional(struct({ Name: optional(text()), Options: optional(map(text())) })),
    }),
  ),
  TmpfsOptions: optional(struct({ SizeBytes: optional(int), Mode: optional(int) })),
});
export type MountRequest = Of<typeof mountShape>;

export const hostConfigShape = struct({
  Binds: orNull(list(text())),
  ContainerIDFile: text(),
  LogConfig: struct({ Type: text(), Config: map(text()) }),
  NetworkMode: text('default'),
  PortBindings: orNull(map(orNull(list(portBinding)))),
  RestartPolicy: struct({ Name: text(), MaximumRetryCount: int }),
  AutoRemove: bool,
  VolumeDriver: text(),
  VolumesFrom: orNull(list(text())),
  ConsoleSize: (value: unknown): [number, number] =>
    Array.isArray(value) && value.length === 2 ? [Number(value[0]) || 0, Number(value[1]) || 0] : [0, 0],
  Annotations: optional(map(text())),
  CapAdd: orNull(list(text())),
  CapDrop: orNull(list(text())),
  CgroupnsMode: text(),
  Dns: orNull(list(text())),
  DnsOptions: orNull(list(text())),
  DnsSearch: orNull(list(text())),
  ExtraHosts: orNull(list(text())),
  GroupAdd: orNull(list(text())),
  IpcMode: text('private'),
  Cgroup: text(),
  Links: orNull(list(text())),
  OomScoreAdj: int,
  PidMode: text(),
  Privileged: bool,
  PublishAllPorts: bool,
  ReadonlyRootfs: bool,
  SecurityOpt: orNull(list(text())),
  StorageOpt: optional(map(text())),
  Tmpfs: optional(map(text())),
  UTSMode: text(),
  UsernsMode: text(),
  ShmSize: int,
  Sysctls: optional(map(text())),
  Runtime: text(),
  Isolation: text(),
  CpuShares: int,
  Memory: int,
  NanoCpus: int,
  CgroupParent: text(),
  BlkioWeight: int,
  BlkioWeightDevice: orNull(list(weight)),
  BlkioDeviceReadBps: orNull(list(throttle)),
  BlkioDeviceWriteBps: orNull(list(throttle)),
  BlkioDeviceReadIOps: orNull(list(throttle)),
  BlkioDeviceWriteIOps: orNull(list(throttle)),
  CpuPeriod: int,
  CpuQuota: int,
  CpuRealtimePeriod: int,
  CpuRealtimeRuntime: int,
  CpusetCpus: text(),
  CpusetMems: text(),
  Devices: orNull(list(device)),
  DeviceCgroupRules: orNull(list(text())),
  DeviceRequests: orNull(list(nothing)),
  MemoryReservation: int,
  MemorySwap: int,
  MemorySwappiness: orNull(int),
  OomKillDisable: orNull(bool),
  PidsLimit: orNull(int),
  Ulimits: orNull(list(ulimit)),
  CpuCount: int,
  CpuPercent: int,
  IOMaximumIOps: int,
  IOMaximumBandwidth: int,
  Mounts: optional(list(mountShape)),
  MaskedPaths: orNull(list(text())),
  ReadonlyPaths: orNull(list(text())),
  Init: optional(bool),
});
export type HostConfig = Of<typeof hostConfigShape>;

export const endpointShape = struct({
  IPAMConfig: orNull(struct({ IPv4Address: optional(text()), IPv6Address: optional(text()), LinkLocalIPs: optional(list(text())) })),
  Links: orNull(list(text())),
  Aliases: orNull(list(text())),
  DriverOpts: orNull(map(text())),
  MacAddress: optional(text()),
});
export type EndpointSettings = Of<typeof endpointShape>;

export const networkingShape = struct({ EndpointsConfig: map(orNull(endpointShape)) });
export type NetworkingConfig = Of<typeof networkingShape>;
