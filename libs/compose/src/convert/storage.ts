import { lookUp } from '#base';
import { createHash } from 'node:crypto';
import type { ConfigMap, PersistentVolumeClaim, Secret, Volume, VolumeMount } from '#api/types';
import { invalid, unsupported } from '../compose-error.ts';
import { labelsOf, type Naming, objectName } from './names.ts';
import { Reader } from './reader.ts';

export interface Content {
  /** Of the object that holds it. */
  object: string;
  external: boolean;
  digest: string;
}

/** What services refer to by the names of the file. */
export interface Stores {
  claims: ReadonlyMap<string, string>;
  configs: ReadonlyMap<string, Content>;
  secrets: ReadonlyMap<string, Content>;
  objects: (ConfigMap | Secret | PersistentVolumeClaim)[];
}

/** The one key under which a config or secret is kept. */
const KEY = 'content';
const defaultClaim = '1Gi';

/** compose-spec, 07-volumes.md: a claim each. `x-berth-size` says how large; 1Gi unless it does. */
export function claimsOf(volumes: Record<string, unknown>, naming: Naming): Pick<Stores, 'claims' | 'objects'> {
  const claims = new Map<string, string>();
  const objects: PersistentVolumeClaim[] = [];
  for (const [key, value] of Object.entries(volumes)) {
    const volume = new Reader(value, `volumes.${key}`);
    const external = externalName(volume, key);
    const name = external ?? objectName(volume.has('name') ? volume.at('name').text() : key, volume.path);
    if (volume.has('driver') && !['local', 'default'].includes(volume.at('driver').text()))
      throw unsupported(volume.at('driver').path, 'volumes are claims of the cluster’s default class');
    const labels = Object.entries((volume.at('labels').value ?? {}) as Record<string, string>);
    const size = new Reader(lookUp(value as Record<string, unknown> | null, 'x-berth-size'), `${volume.path}.x-berth-size`);
    volume.done({ driver_opts: 'volumes are claims of the cluster’s default class' });
    if ([...claims.values()].includes(name)) throw invalid(volume.path, `another volume is named ${name} too`);
    claims.set(key, name);
    if (external !== undefined) continue;
    objects.push({
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: { name, labels: labelsOf(naming), ...(labels.length > 0 && { annotations: Object.fromEntries(labels) }) },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size.isSet ? size.text() : defaultClaim } } },
    });
  }
  return { claims, objects };
}

/** `external: true`, and the older `external: {name}`. */
function externalName(reader: Reader, key: string): string | undefined {
  const external = reader.at('external');
  if (typeof external.value === 'object' && external.isSet) return external.at('name').text();
  if (!external.isSet || !external.bool()) return undefined;
  return reader.has('name') ? reader.at('name').text() : key;
}

/** compose-spec, 08-configs.md and 09-secrets.md. `data`: what loading has read of `file` and `environment`, by `configs.<name>`. */
export function contentsOf(
  section: 'configs' | 'secrets',
  given: Record<string, unknown>,
  { data, naming }: { data: ReadonlyMap<string, Buffer>; naming: Naming },
): { contents: Map<string, Content>; objects: (ConfigMap | Secret)[] } {
  const contents = new Map<string, Content>();
  const objects: (ConfigMap | Secret)[] = [];
  for (const [key, value] of Object.entries(given)) {
    const reader = new Reader(value, `${section}.${key}`);
    const external = externalName(reader, key);
    const object = external ?? objectName(reader.has('name') ? reader.at('name').text() : key, reader.path);
    reader.skip('file', 'environment', 'content', 'name', 'labels');
    reader.done({ driver: '', driver_opts: '', template_driver: '' });
    if (external !== undefined) {
      contents.set(key, { object, external: true, digest: '' });
      continue;
    }
    const bytes = data.get(`${section}.${key}`);
    if (!bytes) throw invalid(reader.path, 'one of file, environment, content and external must be set');
    contents.set(key, { object, external: false, digest: createHash('sha256').update(bytes).digest('hex') });
    objects.push(contentObject(section, { name: object, bytes, naming }));
  }
  return { contents, objects };
}

function contentObject(
  section: 'configs' | 'secrets',
  { name, bytes, naming }: { name: string; bytes: Buffer; naming: Naming },
): ConfigMap | Secret {
  const metadata = { name, labels: labelsOf(naming) };
  if (section === 'secrets')
    return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data: { [KEY]: bytes.toString('base64') } };
  const text = bytes.toString();
  const isText = Buffer.from(text).equals(bytes);
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata,
    ...(isText ? { data: { [KEY]: text } } : { binaryData: { [KEY]: bytes.toString('base64') } }),
  };
}

export interface Mounted {
  volumes: Volume[];
  mounts: VolumeMount[];
  /** Of what is read from configs and secrets. */
  digests: string[];
}

/** Grants of configs and secrets to a service: a file each. */
export function grantsOf(service: Reader, section: 'configs' | 'secrets', contents: ReadonlyMap<string, Content>): Mounted {
  const volumes: Volume[] = [];
  const mounts: VolumeMount[] = [];
  const digests: string[] = [];
  for (const [i, grant] of service.at(section).items().entries()) {
    const source = grant.at('source').text();
    const content = contents.get(source);
    if (!content) throw invalid(grant.path, `service refers to undefined ${section.slice(0, -1)} ${source}`);
    const target = grant.has('target') ? grant.at('target').text() : source;
    const absolute = target.startsWith('/') ? target : section === 'secrets' ? `/run/secrets/${target}` : `/${target}`;
    const mode = grant.has('mode') ? modeOf(grant.at('mode')) : 0o444;
    grant.done({ uid: 'files of configs and secrets belong to root', gid: 'files of configs and secrets belong to root' });
    const name = `${section.slice(0, -1)}-${i}`;
    const items = [{ key: KEY, path: KEY, mode }];
    volumes.push(
      section === 'secrets'
        ? { name, secret: { secretName: content.object, items } }
        : { name, configMap: { name: content.object, items } },
    );
    mounts.push({ name, mountPath: absolute, subPath: KEY, readOnly: true });
    digests.push(content.digest);
  }
  return { volumes, mounts, digests };
}

/** A text is octal, a number what it is. */
function modeOf(reader: Reader): number {
  const mode = typeof reader.value === 'string' && /^[0-7]+$/.test(reader.value) ? Number.parseInt(reader.value, 8) : reader.value;
  if (typeof mode === 'number' && Number.isInteger(mode) && mode >= 0 && mode <= 0o777) return mode;
  throw invalid(reader.path, 'must be an octal mode from 0000 to 0777');
}

export interface MountRules {
  claims: ReadonlyMap<string, string>;
  /** Whether paths of the machine may be mounted. */
  hostPaths: boolean;
}

/** `volumes`, `tmpfs` and `shm_size` of a service. */
export function mountsOf(service: Reader, rules: MountRules): Mounted {
  const volumes: Volume[] = [];
  const mounts: VolumeMount[] = [];
  const add = (volume: Omit<Volume, 'name'>, mount: Omit<VolumeMount, 'name'>): void => {
    const shared =
      volume.persistentVolumeClaim &&
      volumes.find((each) => each.persistentVolumeClaim?.claimName === volume.persistentVolumeClaim?.claimName);
    const name = shared?.name ?? `volume-${volumes.length}`;
    if (!shared) volumes.push({ name, ...volume });
    mounts.push({ name, ...mount });
  };
  for (const item of service.at('volumes').items()) mountOf(item, rules, add);
  for (const item of service.at('tmpfs').items()) {
    const [path = '', options = ''] = item.text().split(':');
    const size = /^size=(\w+)$/.exec(options)?.[1];
    if (options !== '' && size === undefined) throw unsupported(item.path, 'of the options of a tmpfs only size is');
    add(
      { emptyDir: { medium: 'Memory', ...(size !== undefined && { sizeLimit: String(new Reader(size, item.path).bytes()) }) } },
      { mountPath: path },
    );
  }
  if (service.has('shm_size'))
    add({ emptyDir: { medium: 'Memory', sizeLimit: String(service.at('shm_size').bytes()) } }, { mountPath: '/dev/shm' });
  return { volumes, mounts, digests: [] };
}

function mountOf(
  item: Reader,
  { claims, hostPaths }: MountRules,
  add: (volume: Omit<Volume, 'name'>, mount: Omit<VolumeMount, 'name'>) => void,
): void {
  const type = item.at('type').oneOf('volume', 'bind', 'tmpfs', 'cluster', 'npipe', 'image');
  const target = item.at('target').text();
  if (!target.startsWith('/')) throw invalid(item.at('target').path, `${JSON.stringify(target)} must be an absolute path`);
  const readOnly = item.at('read_only').bool();
  const source = item.has('source') ? item.at('source').text() : undefined;
  const options = item.at(type);
  const mount: Omit<VolumeMount, 'name'> = { mountPath: target, ...(readOnly && { readOnly }) };
  if (type === 'volume') {
    options.skip('nocopy'); // claims are never filled from the image
    const subPath = options.has('subpath') ? options.at('subpath').text() : undefined;
    options.done({ labels: '' });
    item.skip('consistency', ...(item.has('bind') ? [] : ['bind']));
    item.done({ bind: 'it is of bind mounts' });
    const claimName = source === undefined ? undefined : claims.get(source);
    if (source !== undefined && claimName === undefined) throw invalid(item.path, `service refers to undefined volume ${source}`);
    return add(claimName === undefined ? { emptyDir: {} } : { persistentVolumeClaim: { claimName } }, {
      ...mount,
      ...(subPath !== undefined && { subPath }),
    });
  }
  if (type === 'tmpfs') {
    const size = options.has('size') ? String(options.at('size').bytes()) : undefined;
    options.done({ mode: '' });
    item.done();
    return add({ emptyDir: { medium: 'Memory', ...(size !== undefined && { sizeLimit: size }) } }, mount);
  }
  if (type !== 'bind') throw unsupported(item.path, `there are no mounts of type ${type}`);
  if (source === undefined) throw invalid(item.path, 'a bind mount needs a source');
  if (!hostPaths)
    throw unsupported(
      item.path,
      `${source} is a path of this machine, and the service may run on any node: give it as a config, secret or volume, put it into the image, or allow paths of nodes with --host-paths`,
    );
  const propagation = options.has('propagation') ? options.at('propagation').text() : undefined;
  options.skip('selinux', 'create_host_path'); // nodes have no labels, and no node makes a folder in place of a file that is not there
  options.done();
  item.skip('consistency');
  item.done();
  const modes: Readonly<Record<string, VolumeMount['mountPropagation']>> = {
    rslave: 'HostToContainer',
    slave: 'HostToContainer',
    rshared: 'Bidirectional',
    shared: 'Bidirectional',
  };
  const mountPropagation = propagation === undefined ? undefined : lookUp(modes, propagation);
  add({ hostPath: { path: source, type: '' } }, { ...mount, ...(mountPropagation && { mountPropagation }) });
}
