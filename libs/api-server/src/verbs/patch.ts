import {
  apiVersionOf,
  checkAppliedVersion,
  applyPatchSlices,
  configurationOf,
  decodeObjectSlices,
  type KubeObject,
  parseYaml,
  serverSideApplySlices,
  type Slices,
} from '#api';
import type { RequestBody, ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { inNamespace } from '../objects/metadata.ts';
import { checkName } from '../objects/metadata-rules.ts';
import { writeBy } from '../writes/field-owners.ts';
import type { Change } from '../writes/change.ts';
import { change } from './update.ts';
import { projectedChange, projectionOf } from './projection.ts';

/** A PATCH; `patchType` is the media type of its body (RFC 6902, RFC 7386, strategic merge, apply). */
export type PatchRequest = Extract<WriteRequest, { verb: 'patch' }>;

/** KEP-555. Its body is YAML, and with that JSON too. */
const apply = 'application/apply-patch+yaml';

/** PATCH with any of the four kinds of patch. */
export async function patch(core: Core, kind: ServedKind, request: PatchRequest): Promise<Written> {
  const projection = projectionOf(kind, request.subresource);
  if (projection) return change(core, kind, request, projectedChange(core, kind, request, projection));
  return change(core, kind, request, request.patchType === apply ? applied(core, kind, request) : patched(core, kind, request));
}

/**
 * JSON patch, merge patch and strategic merge patch. Each is laid over the present object anew whenever another writer came first, so a
 * patch without a `resourceVersion` ends in a conflict only when many others win in a row.
 */
function patched(core: Core, kind: ServedKind, request: PatchRequest): Change {
  const { patchType: type, fieldValidation } = request;
  const body = bytesOf(request.body);
  let warn = request.warn;
  return {
    patch: 'patch',
    *next(current) {
      const next = yield* applyPatchSlices(core.kinds.types, current, body, { type, gvk: kind.gvk, fieldValidation, warn });
      // A second look at a changed object has nothing new to say about the patch.
      warn = undefined;
      return next;
    },
  };
}

/** Server-side apply: also creates. */
function applied(core: Core, kind: ServedKind, request: PatchRequest): Change {
  const { gvk } = kind.definition;
  let config: KubeObject | undefined;
  const options = { ...writeBy(core, kind, request), kind: gvk.kind, force: request.force ?? false };
  const next = function* (live: KubeObject | undefined): Slices<KubeObject> {
    config ??= inStoredVersion(kind, yield* configuration(kind, request));
    const merged = yield* serverSideApplySlices(core.kinds.types, live, config, options);
    yield;
    const whole = merged === live ? merged : yield* decodeObjectSlices(core.kinds.types, merged, { gvk, ...request });
    return kind.version?.fromStored(whole) ?? whole;
  };
  return { patch: 'apply', next: (_, stored) => next(stored), whenAbsent: () => next(undefined) };
}

/** Owners are kept in the stored version, so a configuration is laid over that one. Throws ApiError 400 for one of another version. */
function inStoredVersion({ gvk, version }: ServedKind, config: KubeObject): KubeObject {
  if (!version) return config;
  checkAppliedVersion(config, apiVersionOf(gvk));
  return version.toStored(config);
}

/** A configuration may leave out its name and namespace: the path has both. */
function* configuration(kind: ServedKind, request: PatchRequest): Slices<KubeObject> {
  const { body } = request;
  const given = configurationOf('value' in body ? body.value : parseYaml(body.bytes, body.yaml).value);
  yield;
  const metadata: unknown = given.metadata ?? {};
  // What is no metadata at all is told by its type, as every other field is.
  if (!isNamed(metadata)) return given;
  const named = { ...given, metadata: { ...metadata, name: metadata.name || request.name } };
  checkName(named, request.name);
  yield;
  return inNamespace(named, kind, request.namespace);
}

/** Metadata whose name and namespace are texts, or absent. */
function isNamed(metadata: unknown): metadata is KubeObject['metadata'] {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) return false;
  const { name = '', namespace = '' } = metadata as Record<string, unknown>;
  return typeof (name ?? '') === 'string' && typeof (namespace ?? '') === 'string';
}

const bytesOf = (body: RequestBody): Uint8Array => ('value' in body ? Buffer.from(JSON.stringify(body.value)) : body.bytes);
