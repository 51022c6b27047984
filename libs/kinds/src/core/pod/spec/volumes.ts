import { lookUp } from '#base';
import { duplicate, type FieldError, forbiddenField, invalidValue, isDns1123Label, isDns1123Subdomain, required } from '#api';
import type { EphemeralVolumeSource, KeyToPath, Volume } from '#api/types';
import { complaints, optionalOneOf } from '../../../rules/checks.ts';
import { nanosOf } from '../../../rules/quantities.ts';
import { validateClaimTemplate } from '../../persistent-volume-claim/template.ts';
import { validateItems, validateMode } from './files.ts';
import { noBacksteps } from './paths.ts';
import { validateDownwardFiles, validateProjected } from './projected-volumes.ts';
import { validateRemoteSource } from './remote-volumes.ts';

type Source = Record<string, unknown>;
type SourceCheck = (source: never, path: string) => FieldError[];

/** The path of a complaint that upstream spells otherwise than the field. */
const oddPaths: Readonly<Record<string, string>> = { downwardAPI: 'downwarAPI', cephfs: 'cephFS' };

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

const checks: Readonly<Record<string, SourceCheck>> = {
  emptyDir: ({ sizeLimit }: { sizeLimit?: string }, path) =>
    sizeLimit !== undefined && (nanosOf(sizeLimit) ?? 0n) < 0n
      ? [forbiddenField(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
      : [],
  hostPath: validateHostPath,
  secret: (source: { secretName?: string; defaultMode?: number; items?: KeyToPath[] }, path) => [
    ...(source.secretName ? [] : [required(`${path}.secretName`)]),
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateItems(source.items, `${path}.items`),
  ],
  configMap: (source: { name?: string; defaultMode?: number; items?: KeyToPath[] }, path) => [
    ...(source.name ? [] : [required(`${path}.name`)]),
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateItems(source.items, `${path}.items`),
  ],
  downwardAPI: (source: { defaultMode?: number; items?: never[] }, path) => [
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateDownwardFiles(source.items ?? [], path),
  ],
  projected: (source: { defaultMode?: number; sources?: never[] }, path) => [
    ...validateMode(source.defaultMode, `${path}.defaultMode`),
    ...validateProjected(source.sources ?? [], path),
  ],
  persistentVolumeClaim: ({ claimName }: { claimName?: string }, path) => (claimName ? [] : [required(`${path}.claimName`)]),
  ephemeral: ({ volumeClaimTemplate }: EphemeralVolumeSource, path) =>
    volumeClaimTemplate
      ? validateClaimTemplate(volumeClaimTemplate, `${path}.volumeClaimTemplate`)
      : [required(`${path}.volumeClaimTemplate`)],
  image: ({ pullPolicy }: { pullPolicy?: string }, path) =>
    optionalOneOf(pullPolicy, ['Always', 'IfNotPresent', 'Never'], `${path}.pullPolicy`),
};

/** Of pods and of PersistentVolumes. */
export function validateHostPath(source: { path?: string; type?: string }, path: string): FieldError[] {
  return source.path
    ? [...noBacksteps(source.path, `${path}.path`), ...optionalOneOf(source.type, hostPathTypes, `${path}.type`)]
    : [required(`${path}.path`)];
}

/** The names of all volumes that are fine themselves: a mount of any other is `Not found`. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  path: string,
  podName?: string,
): { volumes: Map<string, Volume>; errors: FieldError[] } {
  const known = new Map<string, Volume>();
  const errors: FieldError[] = [];
  const generatedClaims = new Set((volumes ?? []).filter((volume) => volume.ephemeral).map((volume) => `${podName ?? ''}-${volume.name}`));
  for (const [i, volume] of (volumes ?? []).entries()) {
    const field = `${path}[${i}]`;
    const own = validateSource(volume, field, podName);
    own.push(...(volume.name ? complaints(isDns1123Label, volume.name, `${field}.name`) : [required(`${field}.name`)]));
    if (known.has(volume.name)) own.push(duplicate(`${field}.name`, volume.name));
    if (own.length === 0) known.set(volume.name, volume);
    errors.push(...own);
    const claim = volume.persistentVolumeClaim?.claimName;
    if (podName && claim && generatedClaims.has(claim)) {
      const why = 'must not reference a PVC that gets created for an ephemeral volume';
      errors.push(invalidValue(`${field}.persistentVolumeClaim.claimName`, claim, why));
    }
  }
  return { volumes: known, errors };
}

function validateSource(volume: Volume, path: string, podName: string | undefined): FieldError[] {
  const { name, ...sources } = volume as Volume & Source;
  const given = Object.entries(sources).filter(([, source]) => source !== undefined && source !== null);
  const [first, ...more] = given;
  if (!first) return [required(path, 'must specify a volume type')];
  const [kind, source] = first;
  const check = lookUp(checks, kind);
  const errors = check ? check(source as never, `${path}.${kind}`) : validateRemoteSource(kind, source as Source, `${path}.${kind}`);
  for (const [other] of more)
    errors.push(forbiddenField(`${path}.${lookUp(oddPaths, other) ?? other}`, 'may not specify more than 1 volume type'));
  if (kind === 'ephemeral' && podName && name) {
    const claim = `${podName}-${name}`;
    for (const message of isDns1123Subdomain(claim)) errors.push(invalidValue(`${path}.name`, name, `PVC name "${claim}": ${message}`));
  }
  return errors;
}
