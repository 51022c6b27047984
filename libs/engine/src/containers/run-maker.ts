import { chmod, copyFile, mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import type { Image } from '#runtime/images.contract';
import { badParameter, EngineError } from '../errors.ts';
import { devicesOf } from './devices.ts';
import type { ContainerBook } from './container-book.ts';
import type { ContainersOptions } from './containers-options.ts';
import { type Joined, joinedBy } from './join.ts';
import type { Live } from './live.ts';
import { logLimits } from './log-driver.ts';
import { NameFiles } from './name-files.ts';
import type { ContainerRecord } from './record.ts';
import { type ContainerFiles, ENGINE_LABEL, runtimeSpec, sandboxSpec, securityOptions } from './runtime-spec.ts';

/** What a run of a container needs of the node, made and put away. All of it is idempotent: a killed engine leaves any part of it. */
export class RunMaker {
  readonly nameFiles: NameFiles;

  constructor(private readonly options: ContainersOptions) {
    this.nameFiles = new NameFiles(options);
  }

  /** Makes everything, and starts. The layer and the log of former runs go on. */
  async run(record: ContainerRecord, live: Live): Promise<{ pid: number; startedAt: Date }> {
    const { runtime, networks, images } = this.options;
    const joined = await joinedBy(record, this.options);
    const image = await images.get(record.imageId);
    if (!image) throw new EngineError(404, `No such image: ${record.imageId}`);
    await this.putAway(record);
    logLimits(record.hostConfig.LogConfig); // refused before anything is made
    record.hostConfig.Runtime ||= 'runc';
    const files = this.filesOf(record.id, joined);
    await mkdir(this.options.book.directory(record.id), { recursive: true, mode: 0o710 });
    await this.fillVolumes(record, image);
    for (const { Source, Type } of record.mounts) if (Type === 'bind') await this.prepareSource(Source);
    const sandbox = await runtime.createSandbox(sandboxSpec(record, joined, this.options.cgroupRoot));
    if (sandbox.netnsPath !== undefined) live.netnsPath = sandbox.netnsPath;
    await networks.enter(record, sandbox.netnsPath);
    // Ports that a container has are on disk before it runs: the next engine has to know them.
    if (record.published) await this.options.book.write(record);
    const variables = joined.network === undefined ? await this.nameFiles.write(record, files) : [];
    await this.writeSeccomp(record, files);
    record.state.logOffset = await logSize(files.log);
    const [devices, init] = await Promise.all([devicesOf(record.hostConfig), this.initOf(record)]);
    const spec = runtimeSpec(record, { image, files, devices, init, joined });
    await runtime.create({ ...spec, env: [...variables, ...spec.env] });
    live.begin();
    return runtime.start(record.id);
  }

  async fillVolumes(record: ContainerRecord, image: Image): Promise<void> {
    for (const { Name, Destination, noCopy } of record.mounts) {
      if (Name === undefined) continue;
      await this.options.volumes.mount(Name);
      if (!noCopy) await this.options.volumes.fill(Name, image, Destination);
    }
  }

  /** A copy of this machine's: what lies elsewhere may be another's. It makes sense where the container's processes are its own. */
  private async initOf({ hostConfig }: ContainerRecord): Promise<string | undefined> {
    if (!hostConfig.Init || hostConfig.PidMode !== '') return undefined;
    const copy = join(this.options.book.root, '..', 'docker-init');
    if (!(await stat(copy).catch(() => undefined))) await copyInit(copy);
    return copy;
  }

  /** All but what the container wrote. */
  async putAway(record: ContainerRecord): Promise<void> {
    const { runtime, networks } = this.options;
    await runtime.remove(record.id);
    await networks.leave(record);
    await runtime.removeSandbox(record.id);
    const others = this.options.book.list().filter(({ id, state }) => id !== record.id && state.status === 'running');
    const used = new Set(others.flatMap(({ mounts }) => mounts.map(({ Name }) => Name)));
    for (const { Name } of record.mounts) if (Name !== undefined && !used.has(Name)) await this.options.volumes.unmount(Name);
  }

  async discard(record: ContainerRecord): Promise<void> {
    await this.putAway(record);
    await this.options.runtime.removeLayer(record.id);
  }

  /** What an engine that was killed left of containers whose records are gone. */
  async sweep(book: ContainerBook): Promise<void> {
    const { runtime } = this.options;
    for (const { id, labels } of await runtime.listSandboxes()) {
      if (!Object.hasOwn(labels, ENGINE_LABEL) || book.has(id)) continue;
      await runtime.remove(id);
      await runtime.removeSandbox(id);
      await runtime.removeLayer(id);
    }
  }

  files(id: string): ContainerFiles {
    const at = (name: string): string => join(this.options.book.directory(id), name);
    return {
      log: at('container.log'),
      hosts: at('hosts'),
      hostname: at('hostname'),
      resolvConf: at('resolv.conf'),
      seccomp: at('seccomp.json'),
    };
  }

  /** Docker makes a directory of what is not there. */
  private async prepareSource(source: string): Promise<void> {
    if (this.options.mounts.leadsAway(source)) throw badParameter(`bind source ${source} leads out of what the node sees`);
    if (!(await stat(source).catch(() => undefined))) await mkdir(source, { recursive: true, mode: 0o755 });
  }

  /** Who has the network of another has its names and addresses too. */
  private filesOf(id: string, { network }: Joined): ContainerFiles {
    const files = this.files(id);
    if (network === undefined) return files;
    const { hosts, hostname, resolvConf } = this.files(network);
    return { ...files, hosts, hostname, resolvConf };
  }

  private async writeSeccomp({ hostConfig }: ContainerRecord, files: ContainerFiles): Promise<void> {
    const { seccomp } = securityOptions(hostConfig.SecurityOpt ?? []);
    if (seccomp !== undefined && seccomp !== 'unconfined') await writeFile(files.seccomp, seccomp, { mode: 0o600 });
  }
}

/** Programs that are no more than an init, without libraries: a container's may be others. */
const inits = ['docker-init', 'tini-static', 'catatonit'];

async function copyInit(target: string): Promise<void> {
  const directories = (process.env['PATH'] ?? '/usr/bin').split(delimiter);
  for (const path of inits.flatMap((name) => directories.map((directory) => join(directory, name)))) {
    if (!(await stat(path).catch(() => undefined))) continue;
    await copyFile(path, `${target}.new`);
    await chmod(`${target}.new`, 0o755);
    return rename(`${target}.new`, target);
  }
  throw new EngineError(500, 'exec: "docker-init": executable file not found in $PATH (Debian has it in the package tini)');
}

/** Bytes of a log; a log that is not there has none. */
async function logSize(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw err;
  }
}
