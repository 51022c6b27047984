import { type FieldError, forbiddenField, invalidValue, isDns1123Subdomain, notSupported, required, validateLabelSelector } from '#api';
import type { DownwardAPIVolumeFile, VolumeProjection } from '#api/types';
import { complaints } from '../../../rules/checks.ts';
import { validateFieldRef, validateResourceFieldRef } from './environment.ts';
import { validateItems, validateMode } from './files.ts';
import { writablePath } from './paths.ts';

const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];
const keyTypes = ['ECDSAP256', 'ECDSAP384', 'ECDSAP521', 'ED25519', 'RSA3072', 'RSA4096'];

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateDownwardAPIVolumeFile. */
export function validateDownwardFiles(files: readonly DownwardAPIVolumeFile[], path: string): FieldError[] {
  return files.flatMap((file) => {
    const errors = file.path ? writablePath(file.path, `${path}.path`) : [required(`${path}.path`)];
    if (file.fieldRef) {
      errors.push(...validateFieldRef(file.fieldRef, volumeFields, `${path}.fieldRef`));
      if (file.resourceFieldRef) {
        errors.push(invalidValue(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'));
      }
    } else if (file.resourceFieldRef) {
      errors.push(...validateResourceFieldRef(file.resourceFieldRef, `${path}.resourceFieldRef`, true));
    } else {
      errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'));
    }
    return [...errors, ...validateMode(file.mode, `${path}.mode`)];
  });
}

/** `k8s.io/kubernetes/pkg/apis/core/validation`, validateProjectedVolumeSource. */
export function validateProjected(sources: readonly VolumeProjection[], path: string): FieldError[] {
  const paths = new Set<string>();
  return sources.flatMap((source, i) => {
    const field = `${path}.sources[${i}]`;
    const given = Object.entries(source).filter(([, value]) => value !== undefined && value !== null);
    const extra = given.slice(1).map(([kind]) => forbiddenField(`${field}.${kind}`, 'may not specify more than 1 volume type per source'));
    return [...extra, ...validateProjection(source, field), ...collisions(source, paths, path)];
  });
}

function validateProjection(source: VolumeProjection, path: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle, podCertificate } = source;
  return [
    ...(secret ? validateNamedItems(secret, `${path}.secret`) : []),
    ...(configMap ? validateNamedItems(configMap, `${path}.configMap`) : []),
    ...(downwardAPI ? validateDownwardFiles(downwardAPI.items ?? [], `${path}.downwardAPI`) : []),
    ...(serviceAccountToken ? validateToken(serviceAccountToken, `${path}.serviceAccountToken`) : []),
    ...(clusterTrustBundle ? validateTrustBundle(clusterTrustBundle, `${path}.clusterTrustBundle`) : []),
    ...(podCertificate ? validatePodCertificate(podCertificate, `${path}.podCertificate`) : []),
  ];
}

function validateNamedItems(source: { name?: string; items?: Parameters<typeof validateItems>[0] }, path: string): FieldError[] {
  return [...(source.name ? [] : [required(`${path}.name`)]), ...validateItems(source.items, `${path}.items`)];
}

function validateToken({ expirationSeconds, path: file }: { expirationSeconds?: number; path?: string }, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    errors.push(invalidValue(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration less than 10 minutes'));
  }
  if ((expirationSeconds ?? 0) > 2 ** 32) {
    errors.push(invalidValue(`${path}.expirationSeconds`, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  return [...errors, ...(file ? writablePath(file, `${path}.path`) : [required(`${path}.path`)])];
}

function validateTrustBundle(source: NonNullable<VolumeProjection['clusterTrustBundle']>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (source.name && (source.signerName || source.labelSelector)) {
    errors.push(invalidValue(path, source, 'only one of name and signerName may be used'));
  } else if (source.name !== undefined) {
    errors.push(
      ...(source.name
        ? complaints(isDns1123Subdomain, source.name, `${path}.name`)
        : [required(`${path}.name`, 'must be a valid object name')]),
    );
  } else if (source.signerName !== undefined) {
    errors.push(...(source.signerName ? [] : [required(`${path}.signerName`, 'must be a valid signer name')]));
    errors.push(...validateLabelSelector(source.labelSelector, `${path}.labelSelector`));
  } else {
    errors.push(required(path, 'either name or signerName must be specified'));
  }
  return [...errors, ...(source.path ? writablePath(source.path, `${path}.path`) : [required(`${path}.path`)])];
}

function validatePodCertificate(source: NonNullable<VolumeProjection['podCertificate']>, path: string): FieldError[] {
  const files = [source.credentialBundlePath, source.keyPath, source.certificateChainPath];
  return [
    ...(source.signerName ? [] : [required(`${path}.signerName`)]),
    ...(source.keyType && !keyTypes.includes(source.keyType) ? [notSupported(`${path}.keyType`, source.keyType, keyTypes)] : []),
    ...(files.some(Boolean) ? [] : [required(path, 'specify at least one of credentialBundlePath, keyPath, and certificateChainPath')]),
    ...(['credentialBundlePath', 'keyPath', 'certificateChainPath'] as const).flatMap((name) =>
      source[name] ? writablePath(source[name], `${path}.${name}`) : [],
    ),
  ];
}

/** Two files of one volume must not have the same path. */
function collisions(source: VolumeProjection, seen: Set<string>, path: string): FieldError[] {
  const named = [source.secret, source.configMap].filter((part) => part !== undefined);
  const files = [
    ...named.flatMap((part) => (part.items ?? []).map((item) => ({ file: item.path, blame: part.name ?? '' }))),
    ...(source.downwardAPI?.items ?? []).map((item) => ({ file: item.path, blame: 'downwardAPI' })),
    ...(source.serviceAccountToken?.path ? [{ file: source.serviceAccountToken.path, blame: source.serviceAccountToken.path }] : []),
    ...(source.clusterTrustBundle?.path ? [{ file: source.clusterTrustBundle.path, blame: source.clusterTrustBundle.path }] : []),
  ].filter(({ file }) => Boolean(file));
  return files.flatMap(({ file, blame }) => {
    const clash = seen.has(file) ? [invalidValue(path, blame, 'conflicting duplicate paths')] : [];
    seen.add(file);
    return clash;
  });
}
