import { cpus, release, totalmem } from 'node:os';
import type { Endpoint } from '../../http/endpoint.ts';
import { engineVersion } from '../../system/versions.ts';

const architectures = { x64: 'x86_64', arm64: 'aarch64' } as const;

/** What this engine can always do, and what it never has. */
const fixed = {
  MemoryLimit: true,
  SwapLimit: true,
  CpuCfsPeriod: true,
  CpuCfsQuota: true,
  CPUShares: true,
  CPUSet: true,
  PidsLimit: true,
  IPv4Forwarding: true,
  BridgeNfIptables: false,
  BridgeNfIp6tables: false,
  Debug: false,
  OomKillDisable: false,
  NFd: 0,
  NGoroutines: 0,
};

export const info: Endpoint = {
  method: 'GET',
  path: '/info',
  async handle(_call, engine) {
    const statuses = (await engine.everything()).map((record) => engine.containers.status(record));
    const count = (...wanted: string[]): number => statuses.filter((status) => wanted.includes(status)).length;
    const images = await engine.images.service.list();
    const { name, rootDir, clock } = engine.options;
    return {
      status: 200,
      json: {
        ID: name,
        Containers: statuses.length,
        ContainersRunning: count('running', 'restarting'),
        ContainersPaused: count('paused'),
        ContainersStopped: count('created', 'exited', 'removing'),
        Images: images.length,
        Driver: 'overlay2',
        DriverStatus: [['Backing Filesystem', 'overlay']],
        Plugins: {
          Volume: ['local'],
          Network: ['bridge', 'host', 'null'],
          Authorization: null,
          Log: ['json-file', 'local', 'none'],
        },
        ...fixed,
        SystemTime: clock.now().toISOString(),
        LoggingDriver: 'json-file',
        CgroupDriver: 'cgroupfs',
        NEventsListener: 0,
        KernelVersion: release(),
        OperatingSystem: 'Linux',
        OSVersion: '',
        OSType: 'linux',
        Architecture: architectures[process.arch as 'x64'] ?? process.arch,
        IndexServerAddress: 'https://index.docker.io/v1/',
        RegistryConfig: {
          AllowNondistributableArtifactsCIDRs: [],
          AllowNondistributableArtifactsHostnames: [],
          InsecureRegistryCIDRs: ['127.0.0.0/8'],
          IndexConfigs: {},
          Mirrors: [],
        },
        NCPU: cpus().length,
        MemTotal: totalmem(),
        GenericResources: null,
        DockerRootDir: rootDir,
        HttpProxy: '',
        HttpsProxy: '',
        NoProxy: '',
        Name: name,
        Labels: [],
        ExperimentalBuild: false,
        ServerVersion: engineVersion,
        Runtimes: { runc: { path: 'crun' } },
        DefaultRuntime: 'runc',
        Swarm: { LocalNodeState: 'inactive' },
        LiveRestoreEnabled: false,
        Isolation: '',
        InitBinary: 'docker-init',
        ContainerdCommit: { ID: '', Expected: '' },
        RuncCommit: { ID: '', Expected: '' },
        InitCommit: { ID: '', Expected: '' },
        SecurityOptions: ['name=seccomp,profile=builtin'],
        Warnings: null,
      },
    };
  },
};
