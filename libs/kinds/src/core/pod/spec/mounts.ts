import { type FieldError, forbiddenField, invalidValue, notFoundValue, notSupported, required } from '#api';
import type { Container, Volume, VolumeDevice, VolumeMount } from '#api/types';
import { noBacksteps, relativePath } from './paths.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateVolumeMounts. */
export function validateMounts(container: Container, volumes: ReadonlyMap<string, Volume>, path: string): FieldError[] {
  const devices = container.volumeDevices ?? [];
  const deviceNames = new Set(devices.map(({ name }) => name));
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  const paths = new Set<string>();
  return (container.volumeMounts ?? []).flatMap((mount, i) => {
    const field = `${path}[${i}]`;
    const errors = [
      ...(mount.name ? [] : [required(`${field}.name`)]),
      ...(volumes.has(mount.name) ? [] : [notFoundValue(`${field}.name`, mount.name ?? '')]),
      ...(mount.mountPath ? [] : [required(`${field}.mountPath`)]),
      ...(paths.has(mount.mountPath) ? [invalidValue(`${field}.mountPath`, mount.mountPath, 'must be unique')] : []),
      ...(deviceNames.has(mount.name) ? [invalidValue(`${field}.name`, mount.name, 'must not already exist in volumeDevices')] : []),
      ...(devicePaths.has(mount.mountPath)
        ? [invalidValue(`${field}.mountPath`, mount.mountPath, 'must not already exist as a path in volumeDevices')]
        : []),
      ...validateSubPath(mount, path, field),
      ...validatePropagation(mount, container, `${path}.mountPropagation`),
      ...validateRecursiveReadOnly(mount, `${path}.recursiveReadOnly`),
    ];
    paths.add(mount.mountPath);
    return errors;
  });
}

/** `list` is the path of all mounts: upstream blames it, not the one mount, for what a sub-path may not be. */
function validateSubPath({ subPath, subPathExpr }: VolumeMount, list: string, field: string): FieldError[] {
  return [
    ...(subPath ? relativePath(subPath, `${list}.subPath`) : []),
    ...(subPath && subPathExpr
      ? [invalidValue(`${field}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive')]
      : []),
    ...(subPathExpr ? relativePath(subPathExpr, `${list}.subPathExpr`) : []),
  ];
}

function validatePropagation({ mountPropagation }: VolumeMount, { securityContext }: Container, field: string): FieldError[] {
  if (mountPropagation === undefined) return [];
  if (!propagations.includes(mountPropagation)) return [notSupported(field, mountPropagation, propagations)];
  return mountPropagation === 'Bidirectional' && !securityContext?.privileged
    ? [forbiddenField(field, 'Bidirectional mount propagation is available only to privileged containers')]
    : [];
}

/** KEP-3857. */
function validateRecursiveReadOnly({ recursiveReadOnly, readOnly, mountPropagation }: VolumeMount, field: string): FieldError[] {
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return [];
  if (!['Enabled', 'IfPossible'].includes(recursiveReadOnly)) {
    return [notSupported(field, recursiveReadOnly, ['Disabled', 'Enabled', 'IfPossible'])];
  }
  return [
    ...(readOnly ? [] : [forbiddenField(field, 'may only be specified when readOnly is true')]),
    ...(mountPropagation !== undefined && mountPropagation !== 'None'
      ? [forbiddenField(field, 'may only be specified when mountPropagation is None or not specified')]
      : []),
  ];
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateVolumeDevices. */
export function validateDevices(container: Container, volumes: ReadonlyMap<string, Volume>, path: string): FieldError[] {
  const mounts = container.volumeMounts ?? [];
  const mountNames = new Set(mounts.map(({ name }) => name));
  const mountPaths = new Set(mounts.map(({ mountPath }) => mountPath));
  const names = new Set<string>();
  const paths = new Set<string>();
  return (container.volumeDevices ?? []).flatMap((device, i) => {
    const field = `${path}[${i}]`;
    const errors = [
      ...validateDevice(device, { volumes, names, paths }, field),
      ...(mountNames.has(device.name) ? [invalidValue(`${field}.name`, device.name, 'must not already exist in volumeMounts')] : []),
      ...(mountPaths.has(device.devicePath)
        ? [invalidValue(`${field}.devicePath`, device.devicePath, 'must not already exist as a path in volumeMounts')]
        : []),
    ];
    if (device.name) names.add(device.name);
    paths.add(device.devicePath);
    return errors;
  });
}

interface Seen {
  volumes: ReadonlyMap<string, Volume>;
  names: ReadonlySet<string>;
  paths: ReadonlySet<string>;
}

function validateDevice({ name, devicePath }: VolumeDevice, { volumes, names, paths }: Seen, field: string): FieldError[] {
  const volume = volumes.get(name);
  const isClaim = Boolean(volume?.persistentVolumeClaim ?? volume?.ephemeral);
  const blockOnly = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
  return [
    ...(name ? [] : [required(`${field}.name`)]),
    ...(names.has(name) ? [invalidValue(`${field}.name`, name, 'must be unique')] : []),
    ...(volume && !isClaim ? [invalidValue(`${field}.name`, name, blockOnly)] : []),
    ...(volume ? [] : [notFoundValue(`${field}.name`, name ?? '')]),
    ...(devicePath ? [] : [required(`${field}.devicePath`)]),
    ...(paths.has(devicePath) ? [invalidValue(`${field}.devicePath`, devicePath, 'must be unique')] : []),
    ...(devicePath && noBacksteps(devicePath, field).length > 0
      ? [invalidValue(`${field}.devicePath`, devicePath, "can not contain backsteps ('..')")]
      : []),
  ];
}
