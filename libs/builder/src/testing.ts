import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CrunBuildRunner, openImages } from '#runtime/testing';
import { silentLogger } from '#telemetry';
import { buildImage } from './build-image.ts';
import type { BuildOptions, BuildResult } from './contract.ts';

export { parseDockerfile } from './dockerfile/dockerfile.ts';

/** A store, and one build context after the other, in a directory of its own. Needs root. */
export class Workshop {
  /** What the builds have said. */
  output = '';
  private contexts = 0;
  context = '';

  private constructor(
    readonly directory: string,
    readonly store: Awaited<ReturnType<typeof openImages>>,
  ) {}

  static async open(): Promise<Workshop> {
    const directory = await mkdtemp(join(tmpdir(), 'berth-builder-'));
    return new Workshop(directory, await openImages({ rootDir: join(directory, 'store'), logger: silentLogger }));
  }

  remove(): Promise<void> {
    return rm(this.directory, { recursive: true });
  }

  /** An empty context, and silence. */
  async begin(): Promise<void> {
    this.output = '';
    this.context = join(this.directory, `context-${this.contexts++}`);
    await mkdir(this.context);
  }

  async put(path: string, content: string | Buffer = path): Promise<void> {
    await mkdir(join(this.context, path, '..'), { recursive: true });
    await writeFile(join(this.context, path), content);
  }

  /** For `withBusybox`. */
  async putBusybox(): Promise<void> {
    await copyFile('/bin/busybox', join(this.context, 'busybox'));
    await chmod(join(this.context, 'busybox'), 0o755);
  }

  async build(dockerfile: string, options: Partial<BuildOptions> = {}): Promise<BuildResult> {
    await writeFile(join(this.context, 'Dockerfile'), dockerfile);
    const { images, building } = this.store;
    return buildImage({
      contextDir: this.context,
      tags: ['test/image:v1'],
      images,
      building,
      runner: new CrunBuildRunner({ building, workDir: join(this.directory, 'runs') }),
      cacheDir: join(this.directory, 'cache'),
      output: (text) => (this.output += text),
      ...options,
    });
  }

  /** Looks at the files of a built image. */
  inside<T>({ image }: BuildResult, look: (root: string) => Promise<T>): Promise<T> {
    return this.store.building.withRoot(image.diffIds, undefined, look);
  }

  /** Throws when a build has left files that it needs while it runs. */
  async demandNoLeftovers(): Promise<void> {
    const found = await Promise.all(['runs', 'store/building'].map((path) => readdir(join(this.directory, path)).catch(() => [])));
    if (found.flat().length > 0) throw new Error(`left: ${found.flat().join(' ')}`);
  }
}

export const withBusybox = 'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "--install", "-s", "/bin"]\n';
