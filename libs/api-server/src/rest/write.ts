import { type KubeObject, unsupportedMediaType } from '#api';
import type { Logger } from '#telemetry';
import type {
  DeleteCollectionRequest,
  HttpAnswer,
  KindCatalog,
  RequestBody,
  ResourceService,
  ServedKind,
  WriteRequest,
  Written,
} from '../contract.ts';
import { patchTypesOf } from '../catalog/kind-catalog.ts';
import { partialMetadata } from '../table/partial-metadata.ts';
import { includeObject } from '../table/table.ts';
import { header } from './call.ts';
import { deleteOptions, listOptions, writeOptions } from './options.ts';
import { presentList, presentObject } from './present.ts';
import { jsonAnswer } from './render.ts';
import type { Route } from './route.ts';

/** POST, PUT, PATCH and DELETE: options and body out of the request, the answer out of what was written. */
export async function write(tools: WriteTools, route: Route, body: Buffer, now: Date): Promise<HttpAnswer> {
  const { kind, admitted, format } = route;
  const { verb } = admitted.info;
  // What may be wrong with the answer that is asked for is found before anything is written.
  if (format.as === 'Table') includeObject(admitted.query);
  if (verb === 'deletecollection') {
    const list = await tools.service.deleteCollection(collectionRequest(tools, route, body));
    return told(tools, [200, success], () => presentList(kind, list, { admitted, format, now }));
  }
  const request = writeRequest(tools, route, body);
  const written = await tools.service.write(request);
  const status = written.outcome === 'created' || (verb === 'create' && written.outcome === 'answered') ? 201 : 200;
  return told(tools, [status, written.served.object], () =>
    verb === 'delete' ? deleted(route, written, request, now) : answered(status, kind, written, { admitted, format, now }),
  );
}

/** What serves a write over HTTP. */
export interface WriteTools {
  service: ResourceService;
  kinds: Pick<KindCatalog, 'types'>;
  logger: Logger;
}

const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success' };

/** What happened is never told as a failure: an answer that cannot be made as it was asked for is told as plain JSON. */
function told({ logger }: WriteTools, [status, plain]: [number, unknown], make: () => HttpAnswer): HttpAnswer {
  try {
    return make();
  } catch (err) {
    logger.error({ err }, 'the answer to a write could not be made as it was asked for');
    return jsonAnswer(status, plain);
  }
}

function writeRequest({ kinds }: WriteTools, { kind, admitted }: Route, bytes: Buffer): WriteRequest {
  const { info, user, call } = admitted;
  const target = { user, resource: kind.resource, namespace: info.namespace, subresource: info.subresource || undefined };
  const mediaType = header(call, 'content-type') ?? 'application/json';
  const body: RequestBody = { bytes, mediaType };
  switch (info.verb) {
    case 'create':
      return { ...target, verb: 'create', name: info.name || undefined, body, ...writeOptions(admitted, 'create') };
    case 'update':
      return { ...target, verb: 'update', name: info.name, body, ...writeOptions(admitted, 'update') };
    case 'patch': {
      const patchType = mediaType.split(';')[0]!.trim().toLowerCase();
      const accepted = patchTypesOf(kind);
      if (!accepted.includes(patchType)) {
        throw unsupportedMediaType(
          `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
        );
      }
      const options = writeOptions(admitted, 'patch', patchType === 'application/apply-patch+yaml');
      return { ...target, verb: 'patch', name: info.name, patchType, body, ...options };
    }
    default: {
      const options = deleteOptions(kinds.types, admitted, bytes);
      const dryRun = (options.dryRun?.length ?? 0) > 0;
      const { warnings } = admitted;
      return {
        ...target,
        verb: 'delete',
        name: info.name,
        options,
        dryRun,
        warn: (message) => warnings.push(message),
      };
    }
  }
}

/** What an action answers has a kind of its own, and no columns: it is shown as it is. */
function answered(
  status: number,
  kind: ServedKind,
  { served, outcome }: Written,
  shown: Pick<Route, 'admitted' | 'format'> & { now: Date },
): HttpAnswer {
  const { object } = served;
  if (outcome !== 'answered') return presentObject(status, kind, served, shown);
  if (shown.format.as !== 'object' && object.kind !== 'Status') return jsonAnswer(status, partialMetadata(object, shown.format), shown);
  const code = object.kind === 'Status' ? ((object as KubeObject & { code?: number }).code ?? status) : status;
  return jsonAnswer(code, object, shown);
}

/** Kinds choose whether a delete tells the object or a Status; what stays for a while is always told. */
function deleted({ kind, admitted, format }: Route, { served, outcome }: Written, request: WriteRequest, now: Date): HttpAnswer {
  const { object } = served;
  if (outcome !== 'deleted') {
    const waits = request.verb === 'delete' && request.options?.orphanDependents === false;
    return presentObject(waits ? 202 : 200, kind, served, { admitted, format, now });
  }
  if (kind.definition.strategy?.returnsDeleted) return presentObject(200, kind, served, { admitted, format, now });
  const { group, resource } = kind.resource;
  const details = { name: object.metadata.name, ...(group && { group }), kind: resource, uid: object.metadata.uid };
  return jsonAnswer(200, { ...success, details }, { admitted, format });
}

function collectionRequest({ kinds }: WriteTools, { kind, admitted }: Route, body: Buffer): DeleteCollectionRequest {
  const options = deleteOptions(kinds.types, admitted, body);
  const { info, user, query, warnings } = admitted;
  const { labelSelector, fieldSelector, resourceVersion, resourceVersionMatch, limit, continue: token } = listOptions(query);
  return {
    user,
    resource: kind.resource,
    namespace: info.namespace,
    labelSelector,
    fieldSelector,
    resourceVersion,
    resourceVersionMatch,
    limit,
    continue: token,
    options,
    dryRun: (options.dryRun?.length ?? 0) > 0,
    warn: (message) => warnings.push(message),
  };
}
