import type { KubeObject } from '#api';
import type { ConfigMap, Secret } from '#api/types';
import { resources } from '#objects';
import { environmentSources } from '../environment-plan.ts';
import type { ObjectWatches } from './object-watches.ts';

/** The ConfigMaps and Secrets of one pod, watched from its first need to its end. */
export class PodObjects {
  private readonly held = new Map<string, Held>();

  constructor(
    private readonly watches: ObjectWatches,
    private readonly namespace: string,
    /** Something that the pod uses has changed. */
    private readonly changed: () => void,
  ) {}

  /**
   * Texts and binary data by key; undefined: there is none. Throws when the API cannot tell in time. What was asked for once is watched
   * from then on.
   */
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

  /** Decoded, by key; else as `configMap`. */
  async secret(name: string): Promise<Map<string, Buffer> | undefined> {
    const object = await this.read<Secret>(resources.secrets, name);
    return object && new Map(Object.entries(object.data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64')]));
  }

  /** The object itself, for its type: pull secrets. */
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

  private async read<T extends KubeObject>(resource: (typeof resources)['configMaps'], name: string): Promise<T | undefined> {
    const key = `${resource.resource}/${name}`;
    const held = this.held.get(key) ?? this.hold(key, this.watches.use(resource, this.namespace, name));
    try {
      return await this.watches.read<T>(held.informer, this.namespace, name);
    } finally {
      held.isRead = true;
    }
  }

  private hold(key: string, { informer, release }: ReturnType<ObjectWatches['use']>): Held {
    const held: Held = { informer, isRead: false, release };
    // What the first look finds is no change: volumes would be made and made again.
    const stop = informer.onChange(() => held.isRead && this.changed());
    held.release = () => {
      stop();
      release();
    };
    this.held.set(key, held);
    return held;
  }

  /** Ends the watches of this pod. Others that use the same objects keep theirs. */
  release(): void {
    for (const { release } of this.held.values()) release();
    this.held.clear();
  }
}

interface Held {
  informer: ReturnType<ObjectWatches['use']>['informer'];
  /** It has been looked at, or could not be in time. */
  isRead: boolean;
  release: () => void;
}
