import { apiVersionOf, applyPatch, builtinTypes, configurationOf, decodeObject, type KubeObject, parseYaml, serverSideApply } from '#api';
import type { RequestBody, ServedKind, WriteRequest, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { inNamespace } from '../objects/metadata.ts';
import { checkName } from '../objects/metadata-rules.ts';
import { writeBy } from '../writes/field-owners.ts';
import { type Change, change } from './update.ts';
import { scaleChange } from './scale.ts';

export type PatchRequest = Extract<WriteRequest, { verb: 'patch' }>;

const apply = 'application/apply-patch+yaml';

/** PATCH with any of the four kinds of patch. */
export async function patch(core: Core, kind: ServedKind, request: PatchRequest): Promise<Written> {
  if (request.subresource === 'scale') return change(core, kind, request, scaleChange(kind, request));
  return change(core, kind, request, request.patchType === apply ? applied(core, kind, request) : patched(kind, request));
}

function patched(kind: ServedKind, request: PatchRequest): Change {
  const { patchType: type, fieldValidation } = request;
  const body = bytesOf(request.body);
  let warn = request.warn;
  return {
    patch: 'patch',
    next(current) {
      const next = applyPatch(builtinTypes, current, body, { type, gvk: kind.gvk, fieldValidation, warn });
      // A second look at a changed object has nothing new to say about the patch.
      warn = undefined;
      return next;
    },
  };
}

/** Server-side apply: also creates. */
function applied(core: Core, kind: ServedKind, request: PatchRequest): Change {
  const { gvk } = kind.definition;
  const config = inStoredVersion(kind, placed(kind, request, configurationFrom(request)));
  const options = { ...writeBy(core, kind, request), force: request.force ?? false };
  const next = (live: KubeObject | undefined): KubeObject => {
    const merged = serverSideApply(builtinTypes, live, config, options);
    const whole = merged === live ? merged : decodeObject(builtinTypes, merged, { gvk, ...request });
    return kind.version?.fromStored(whole) ?? whole;
  };
  return { patch: 'apply', next: (_, stored) => next(stored), whenAbsent: () => next(undefined) };
}

/** Owners are kept in the stored version, so a configuration is laid over that one. */
function inStoredVersion({ gvk, version }: ServedKind, config: KubeObject): KubeObject {
  const isOfVersion = version && config.apiVersion === apiVersionOf(gvk);
  return isOfVersion ? version.toStored(config) : config;
}

/** A configuration may leave out its name and namespace: the path has both. */
function placed(kind: ServedKind, request: PatchRequest, config: KubeObject): KubeObject {
  const metadata = config.metadata ?? {};
  const named = { ...config, metadata: { ...metadata, name: metadata.name || request.name } };
  checkName(named, request.name);
  return inNamespace(named, kind, request.namespace);
}

function configurationFrom({ body }: PatchRequest): KubeObject {
  return configurationOf('value' in body ? body.value : parseYaml(Buffer.from(body.bytes).toString()).value);
}

const bytesOf = (body: RequestBody): Uint8Array => ('value' in body ? Buffer.from(JSON.stringify(body.value)) : body.bytes);
