import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeImages, FakeRuntime } from '#agent/testing';
import { nextTurn, systemRandom } from '#base';
import { ManualClock } from '#base/testing';
import type { ContainerSpec } from '#runtime/containers.contract';
import type { Image } from '#runtime/images.contract';
import { silentLogger } from '#telemetry';
import { createContainer } from '../containers/create-container.ts';
import type { ContainerRecord } from '../containers/record.ts';
import { Engine } from '../engine.ts';
import type { PublishedPort } from '#network/contract';
import { fakeLinks } from './fake-links.ts';

const image: Image = {
  id: `sha256:${'1'.repeat(64)}`,
  names: [],
  repoDigests: [],
  diffIds: [],
  sizeBytes: 1,
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
};

const podOwner = { namespace: 'shop', pod: 'web-1', uid: 'u-1', attempt: 2, image: 'web:v1' };

/** Nothing in these cases has files to look at. */
const notAsked = (): never => {
  throw new Error('this was not to be asked');
};

/** An engine on a runtime that only pretends, with one image, `bb`. Its time stands still. */
export class FakeNode {
  readonly clock = new ManualClock();
  runtime = new FakeRuntime(this.clock);
  /** Links of containers by name, with their addresses. */
  readonly attached = new Map<string, readonly string[]>();
  /** Ports of the node that lead to containers. */
  readonly published: PublishedPort[] = [];
  /** Ports that other programs of the node have. */
  readonly busy = new Set<number>();
  engine!: Engine;

  private constructor(readonly directory: string) {}

  static async make(): Promise<FakeNode> {
    const node = new FakeNode(await mkdtemp(join(tmpdir(), 'engine-')));
    await node.open();
    return node;
  }

  async remove(): Promise<void> {
    this.engine.close();
    await rm(this.directory, { recursive: true });
  }

  /** What is on disk and in the runtime is all that it knows. */
  async open(): Promise<void> {
    const images = new FakeImages();
    images.publish('bb', image);
    await images.pull('bb');
    const { clock, runtime, attached } = this;
    this.engine = await Engine.open({
      name: 'node',
      rootDir: this.directory,
      cgroupRoot: '/engine',
      runtime,
      images,
      building: { layersOf: notAsked, newUpper: notAsked, withRoot: notAsked } as never,
      filesystems: { open: notAsked } as never,
      registries: { tags: notAsked, inspect: notAsked, login: notAsked },
      archives: { save: notAsked, load: notAsked },
      mounts: { bindWithin: notAsked, unmount: notAsked, leadsAway: (path: string) => path.startsWith('/proc/1/') } as never,
      logs: { read: notAsked },
      builder: { build: notAsked, fetchContext: notAsked, cache: { list: notAsked, prune: notAsked } },
      changed: notAsked,
      links: fakeLinks({ attached, published: this.published, busy: this.busy }),
      podOf: ({ labels }) => (Object.hasOwn(labels, 'pod') ? { ...podOwner, container: labels['pod']! } : undefined),
      clock,
      random: systemRandom,
      logger: silentLogger,
    });
  }

  /** As after `kill -9`. */
  async reopen(): Promise<void> {
    this.engine.close();
    await this.open();
  }

  create(name: string, hostConfig: object = {}, config: object = {}): Promise<ContainerRecord> {
    return createContainer(this.engine, { Image: 'bb', Cmd: ['sleep'], ...config, HostConfig: hostConfig }, name);
  }

  async started(name: string, hostConfig: object = {}, config: object = {}): Promise<ContainerRecord> {
    const record = await this.create(name, hostConfig, config);
    await this.engine.containers.start(record);
    return record;
  }

  status(record: ContainerRecord): string {
    return this.engine.containers.status(record);
  }

  /** A container of the pod shop/web-1, which runs. Answers its id. */
  async podContainer(name: string): Promise<string> {
    const id = `${name.length}`.repeat(64);
    await this.runtime.createSandbox({ id: 'pod', hostname: 'web-1', cgroupPath: '/pod', hostNetwork: false, labels: {} });
    await this.runtime.create(containerSpec(id, name));
    await this.runtime.start(id);
    return id;
  }

  /** Its program ends, and all has been put away. */
  async ended(record: ContainerRecord, exitCode: number): Promise<void> {
    const { settled } = this.engine.containers.live(record.id);
    this.runtime.end(record.id, exitCode);
    await settled;
  }

  /** Files are written meanwhile, which no clock tells of. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await nextTurn();
  }
}

function containerSpec(id: string, name: string): ContainerSpec {
  return {
    id,
    sandboxId: 'pod',
    name,
    labels: { pod: name },
    image,
    args: ['serve', '--port', '80'],
    env: ['A=b'],
    cwd: '/www',
    user: '1000',
    mounts: [{ source: '/pods/u-1/data', destination: '/data', readonly: true }],
    resources: { memoryLimitBytes: 1 << 26 },
    readonlyRootfs: false,
    privileged: false,
    capabilities: { add: [], drop: ['ALL'] },
    noNewPrivileges: false,
    seccomp: 'default',
    pidNamespace: 'container',
    tty: false,
    stdin: false,
    logPath: '/var/log/pods/0.log',
  };
}
