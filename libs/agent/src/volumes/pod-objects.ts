import type { KubeObject } from '#api';
import type { ConfigMap, Secret } from '#api/types';
import { resources } from '#objects';
import { environmentSources } from '../environment-plan.ts';
import type { ObjectWatches } from './object-watches.ts';

/** The ConfigMaps and Secrets of one pod, watched from its first need to its end. */
export class PodObjects {
  private readonly held = new Map<string, ReturnType<ObjectWatches['use']>>();
  private readonly listeners = new Map<string, () => void>();

  constructor(
    private readonly watches: ObjectWatches,
    private readonly namespace: string,
    /** Something that the pod uses has changed. */
    private readonly changed: () => void,
  ) {}

  async configMap(name: string): Promise<Map<string, Buffer> | undefined> {
    const object = await this.read<ConfigMap>(resources.configMaps, name);
    if (!object) return undefined;
    const text = Object.entries(object.data ?? {}).map(([key, value]): [string, Buffer] => [key, Buffer.from(value)]);
    const binary = Object.entries(object.binaryData ?? {}).map(([key, value]): [string, Buffer] => [
      key,
      Buffer.from(String(value), 'base64'),
    ]);
    return new Map([...text, ...binary]);
  }

  async secret(name: string): Promise<Map<string, Buffer> | undefined> {
    const object = await this.read<Secret>(resources.secrets, name);
    return object && new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64')]));
  }

  async secretObject(name: string): Promise<Secret | undefined> {
    return this.read<Secret>(resources.secrets, name);
  }

  /** What a container's environment reads from, as texts. */
  async environment(
    container: Parameters<typeof environmentSources>[0],
  ): Promise<Record<'configMaps' | 'secrets', Map<string, Record<string, string> | undefined>>> {
    const { configMaps, secrets } = environmentSources(container);
    const texts = (data: Map<string, Buffer> | undefined): Record<string, string> | undefined =>
      data && Object.fromEntries([...data].map(([k, v]) => [k, v.toString()]));
    return {
      configMaps: new Map(await Promise.all(configMaps.map(async (name) => [name, texts(await this.configMap(name))] as const))),
      secrets: new Map(await Promise.all(secrets.map(async (name) => [name, texts(await this.secret(name))] as const))),
    };
  }

  private read<T extends KubeObject>(resource: (typeof resources)['configMaps'], name: string): Promise<T | undefined> {
    const key = `${resource.resource}/${name}`;
    let use = this.held.get(key);
    if (!use) {
      use = this.watches.use(resource, this.namespace, name);
      this.held.set(key, use);
      this.listeners.set(
        key,
        use.informer.onChange(() => this.changed()),
      );
    }
    return this.watches.read<T>(use.informer, this.namespace, name);
  }

  release(): void {
    for (const stop of this.listeners.values()) stop();
    for (const { release } of this.held.values()) release();
    this.listeners.clear();
    this.held.clear();
  }
}
