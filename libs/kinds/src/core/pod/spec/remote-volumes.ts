import { lookUp } from '#base';
import { type FieldError, invalidValue, isDns1123Label, isDns1123Subdomain, notSupported, required, tooLong } from '#api';
import { complaints, optionalOneOf } from '../../../rules/checks.ts';

type Source = Record<string, unknown>;

/** What each network volume cannot do without: `k8s.io/api/core/v1`, VolumeSource. */
const requiredFields: Readonly<Record<string, readonly string[]>> = {
  gitRepo: ['repository'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  nfs: ['server', 'path'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  flexVolume: ['driver'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  quobyte: ['registry', 'volume'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  csi: ['driver'],
};

export function validateRemoteSource(kind: string, source: Source, path: string): FieldError[] {
  const missing = (lookUp(requiredFields, kind) ?? [])
    .filter((name) => isMissing(lookUp(source, name)))
    .map((name) => required(`${path}.${name}`));
  return [...missing, ...(lookUp(rules, kind)?.(source, path) ?? [])];
}

const isMissing = (value: unknown): boolean => value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

const partition = (source: Source, path: string): FieldError[] =>
  typeof source.partition === 'number' && (source.partition < 0 || source.partition > 255)
    ? [invalidValue(`${path}.partition`, source.partition, 'must be between 1 and 255, inclusive')]
    : [];

const rules: Readonly<Record<string, (source: Source, path: string) => FieldError[]>> = {
  gcePersistentDisk: partition,
  awsElasticBlockStore: partition,
  nfs: (source, path) =>
    typeof source.path === 'string' && source.path !== '' && !source.path.startsWith('/')
      ? [invalidValue(`${path}.path`, source.path, 'must be an absolute path')]
      : [],
  iscsi: validateIscsi,
  fc: (source, path) => {
    const targets = !isMissing(source.targetWWNs);
    const wwids = !isMissing(source.wwids);
    if (!targets && !wwids) return [required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both')];
    if (targets && wwids)
      return [invalidValue(`${path}.targetWWNs`, source.targetWWNs, 'targetWWNs and wwids can not be specified simultaneously')];
    if (!targets) return [];
    return source.lun === undefined
      ? [required(`${path}.lun`, 'lun is required if targetWWNs is specified')]
      : byte(source.lun, `${path}.lun`);
  },
  flocker: (source, path) => {
    const both = !isMissing(source.datasetName) && !isMissing(source.datasetUUID);
    if (both) return [invalidValue(path, 'resource', 'can not specify both datasetUUID and datasetName simultaneously')];
    return isMissing(source.datasetName) && isMissing(source.datasetUUID)
      ? [required(path, 'one of datasetUUID and datasetName is required')]
      : [];
  },
  quobyte: ({ registry, tenant }, path) => [
    ...(typeof tenant === 'string' && tenant.length > 64 ? [required(`${path}.tenant`, 'must be less than 64 characters')] : []),
    ...(typeof registry === 'string' && registry !== '' && !registry.split(',').every((pair) => /^([^:[\]]*|\[[^\]]*\]):[^:]*$/.test(pair))
      ? [invalidValue(`${path}.registry`, registry, 'must be a host:port pair or multiple pairs separated by commas')]
      : []),
  ],
  azureDisk: validateAzureDisk,
  flexVolume: ({ options = {} }, path) =>
    Object.keys(options as object)
      .filter((key) => /\.(kubernetes|k8s)\.io$/.test(`.${key.split('/')[0]!.toLowerCase()}`))
      .map((key) => invalidValue(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved')),
  storageos: ({ volumeName, volumeNamespace }, path) => [
    ...(volumeName ? complaints(isDns1123Label, volumeName as string, `${path}.volumeName`) : [required(`${path}.volumeName`)]),
    ...(volumeNamespace ? complaints(isDns1123Label, volumeNamespace as string, `${path}.volumeNamespace`) : []),
  ],
  csi: (source, path) => {
    const driver = typeof source.driver === 'string' ? source.driver : '';
    const secret = source.nodePublishSecretRef as { name?: string } | undefined;
    return [
      ...(driver ? validateDriverName(driver, `${path}.driver`) : []),
      ...(secret && !secret.name ? [required(`${path}.nodePublishSecretRef.name`)] : []),
    ];
  },
};

/** Of a number that has to be one byte. */
const byte = (value: unknown, field: string): FieldError[] =>
  typeof value === 'number' && (value < 0 || value > 255) ? [invalidValue(field, value, 'must be between 0 and 255, inclusive')] : [];

const initiatorForms: readonly RegExp[] = [
  /^iqn\.\d{4}-\d{2}\.[A-Za-z0-9.-]+:[^,;*&$|\s]+$/,
  /^eui.[A-Za-z0-9]{16}$/,
  /^naa.[A-Za-z0-9]{32}$/,
];

/** RFC 7143 §4.2.7: the three forms of a name. */
function validateInitiator(name: string, field: string): FieldError[] {
  if (!/^(iqn|eui|naa)/.test(name)) return [invalidValue(field, name, 'must be valid format starting with iqn, eui, or naa')];
  return initiatorForms.some((form) => form.test(name)) ? [] : [invalidValue(field, name, 'must be valid format')];
}

function validateIscsi(source: Source, path: string): FieldError[] {
  const { iqn, initiatorName, chapAuthDiscovery, chapAuthSession, secretRef } = source;
  const secret = secretRef as { name?: string } | undefined;
  return [
    ...(typeof iqn === 'string' && iqn !== '' ? validateInitiator(iqn, `${path}.iqn`) : []),
    ...byte(source.lun, `${path}.lun`),
    ...((chapAuthDiscovery || chapAuthSession) && !secret ? [required(`${path}.secretRef`)] : []),
    ...(secret && !secret.name ? [required(`${path}.secretRef.name`)] : []),
    ...(typeof initiatorName === 'string' ? validateInitiator(initiatorName, `${path}.initiatorName`) : []),
  ];
}

const maxDriverName = 63;

/** The name that a CSI driver has for itself; absent is another complaint. */
export function validateDriverName(driver: string, field: string): FieldError[] {
  return [
    ...(driver.length > maxDriverName ? [tooLong(field, maxDriverName)] : []),
    ...isDns1123Subdomain(driver.toLowerCase()).map((message) => invalidValue(field, driver, message)),
  ];
}

function validateAzureDisk({ cachingMode, kind, diskURI = '' }: Source, path: string): FieldError[] {
  const uri = String(diskURI);
  const managed = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}';
  const blob = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd';
  const [start, form] = kind === 'Managed' ? ['/subscriptions/', managed] : ['https://', blob];
  return [
    ...optionalOneOf(cachingMode as string | undefined, ['None', 'ReadOnly', 'ReadWrite'], `${path}.cachingMode`),
    ...optionalOneOf(kind as string | undefined, ['Dedicated', 'Managed', 'Shared'], `${path}.kind`),
    ...(kind !== undefined && !uri.startsWith(start) ? [notSupported(`${path}.diskURI`, uri, [form])] : []),
  ];
}
