import { lookUp } from '#base';
import { type FieldError, forbiddenField, isDns1123Label, isDns1123Subdomain, required } from '#api';
import type { PersistentVolumeSpec, SecretReference } from '#api/types';
import { noBacksteps } from '../pod/spec/paths.ts';
import { validateRemoteSource } from '../pod/spec/remote-volumes.ts';
import { validateHostPath } from '../pod/spec/volumes.ts';
import { complaints } from '../../rules/checks.ts';

/** In the order in which they are looked at: of several the first counts. */
export const volumeSources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
] as const;

type Source = Record<string, unknown>;

/** The path of a complaint that upstream spells otherwise than the field. */
const oddPaths: Readonly<Record<string, string>> = { gcePersistentDisk: 'persistentDisk' };

export function validateSources(spec: PersistentVolumeSpec, path: string): FieldError[] {
  const given = volumeSources.filter((name) => spec[name] !== undefined);
  const [first, ...more] = given;
  if (!first) return [required(path, 'must specify a volume type')];
  const source = spec[first] as unknown as Source;
  const field = `${path}.${oddPaths[first] ?? first}`;
  return [
    ...validateSource(first, source, field),
    ...(spec.local && first === 'local' && !spec.nodeAffinity?.required
      ? [required(`${path}.nodeAffinity`, 'Local volume requires node affinity')]
      : []),
    ...more.map((name) => forbiddenField(`${path}.${name === 'cephfs' ? 'cephFS' : name}`, 'may not specify more than 1 volume type')),
  ];
}

function validateSource(name: (typeof volumeSources)[number], source: Source, path: string): FieldError[] {
  if (name === 'hostPath') return validateHostPath(source, path);
  if (name === 'local') return validateLocal(source, path);
  return [...validateRemoteSource(name, source, path), ...(ofVolumes[name]?.(source, path) ?? [])];
}

const validateLocal = ({ path: local }: { path?: string }, path: string): FieldError[] =>
  local ? noBacksteps(local, `${path}.path`) : [required(`${path}.path`)];

/** What the sources of volumes have beyond those of pods: a volume is in no namespace, so secrets are named with theirs. */
const ofVolumes: Readonly<Partial<Record<string, (source: Source, path: string) => FieldError[]>>> = {
  cinder: ({ secretRef }, path) => bothNamed(secretRef as SecretReference | undefined, `${path}.secretRef`),
  storageos: ({ secretRef }, path) => bothNamed(secretRef as SecretReference | undefined, `${path}.secretRef`),
  glusterfs: ({ endpointsNamespace: namespace }, path) => {
    const field = `${path}.endpointsNamespace`;
    if (namespace === '') return [required(field, 'if the endpointnamespace is set, it must be a valid namespace name')];
    return typeof namespace === 'string' ? complaints(isDns1123Label, namespace, field) : [];
  },
  azureFile: ({ secretNamespace }, path) => (secretNamespace === '' ? [required(`${path}.secretNamespace`)] : []),
  csi: (source, path) => [
    ...(source.volumeHandle ? [] : [required(`${path}.volumeHandle`)]),
    ...csiSecrets.flatMap((name) => validateSecret(lookUp(source, name) as SecretReference | undefined, `${path}.${name}`)),
  ],
};

const csiSecrets = ['controllerPublishSecretRef', 'controllerExpandSecretRef', 'nodePublishSecretRef', 'nodeExpandSecretRef'];

const bothNamed = (secret: SecretReference | undefined, path: string): FieldError[] =>
  secret ? (['name', 'namespace'] as const).filter((name) => !secret[name]).map((name) => required(`${path}.${name}`)) : [];

function validateSecret(secret: SecretReference | undefined, path: string): FieldError[] {
  if (!secret) return [];
  return [
    ...(secret.name ? complaints(isDns1123Subdomain, secret.name, `${path}.name`) : [required(`${path}.name`)]),
    ...(secret.namespace ? complaints(isDns1123Label, secret.namespace, `${path}.namespace`) : [required(`${path}.namespace`)]),
  ];
}
