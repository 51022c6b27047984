import { ApiError, badRequest, jsonSyntaxError, requestEntityTooLarge } from '#api';
import type { AuthorizationAttributes, UserInfo } from '#kinds/contract';
import { resources } from '#proto';
import type { Authorizer, DeleteOptions, Resource, ResourceService, WriteOutcome, WriteRequest } from '../contract.ts';
import { demand } from './caller.ts';
import { serviceErrorOf, statusKey } from './status.ts';

const maxItems = 256;
const nothing = Buffer.alloc(0);
const verbs = new Map<resources.WriteItem_Verb, WriteRequest['verb']>([
  [resources.WriteItem_Verb.VERB_CREATE, 'create'],
  [resources.WriteItem_Verb.VERB_UPDATE, 'update'],
  [resources.WriteItem_Verb.VERB_PATCH, 'patch'],
  [resources.WriteItem_Verb.VERB_DELETE, 'delete'],
]);

/** Authorizes each item, writes those that may be written in one call, and answers one result per item, in order. */
export async function writeMany(
  items: readonly resources.WriteItem[],
  user: UserInfo,
  { service, authorizer }: { service: ResourceService; authorizer: Authorizer },
): Promise<resources.WriteResult[]> {
  if (items.length > maxItems) throw requestEntityTooLarge(`at most ${maxItems} writes in one call, not ${items.length}`);
  const results: (resources.WriteResult | undefined)[] = Array.from({ length: items.length });
  const writes: { at: number; request: WriteRequest }[] = [];
  for (const [at, item] of items.entries()) {
    try {
      const request = requestOf(item, user);
      await demand(user, attributesOf(request), authorizer);
      writes.push({ at, request });
    } catch (err) {
      if (!(err instanceof ApiError)) throw err;
      results[at] = refused(err);
    }
  }
  const outcomes = writes.length ? await service.writeMany(writes.map(({ request }) => request)) : [];
  for (const [index, { at }] of writes.entries()) {
    const outcome = outcomes[index];
    if (outcome) results[at] = resultOf(outcome, items[at]?.wantObject ?? false);
  }
  return results.map((result) => result ?? refused(badRequest('the write was not answered')));
}

function requestOf(item: resources.WriteItem, user: UserInfo): WriteRequest {
  const verb = verbs.get(item.verb);
  if (!verb || !item.resource) throw badRequest('a write needs a verb and a resource');
  const target = {
    user,
    resource: item.resource satisfies Resource,
    namespace: item.namespace,
    ...(item.subresource && { subresource: item.subresource }),
    fieldManager: item.fieldManager || managerOf(user),
  };
  const body = { bytes: item.body, mediaType: item.patchType || 'application/json' };
  if (verb === 'create') return { ...target, verb, body, ...(item.name && { name: item.name }) };
  if (!item.name) throw badRequest('name must be provided');
  if (verb === 'update') return { ...target, verb, name: item.name, body };
  if (verb === 'patch') return { ...target, verb, name: item.name, body, patchType: item.patchType, force: item.force };
  return { ...target, verb, name: item.name, options: deleteOptionsOf(item.body) };
}

/** The names that these parts have as field managers in Kubernetes: `kubelet`, `kube-scheduler`, `kube-controller-manager`. */
const managerOf = ({ username }: UserInfo): string => (username.startsWith('system:node:') ? 'kubelet' : username.replace(/^system:/, ''));

function deleteOptionsOf(body: Buffer): DeleteOptions {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8')) as DeleteOptions;
  } catch (err) {
    throw badRequest(`couldn't get version/kind; json parse error: ${jsonSyntaxError(body.toString())}`, err);
  }
}

function attributesOf(request: WriteRequest): AuthorizationAttributes {
  const name = request.verb === 'create' && !request.subresource ? undefined : request.name;
  return {
    verb: request.verb,
    ...request.resource,
    ...(request.subresource && { subresource: request.subresource }),
    namespace: request.namespace,
    ...(name && { name }),
  };
}

function resultOf(outcome: WriteOutcome, wantObject: boolean): resources.WriteResult {
  if (!outcome.ok) return { status: Buffer.from(JSON.stringify(outcome.status)), object: nothing, resourceVersion: '', uid: '' };
  const { object, bytes, revision } = outcome.served;
  return {
    status: nothing,
    object: wantObject ? bytes : nothing,
    resourceVersion: revision ? String(revision) : '',
    uid: object.metadata?.uid ?? '',
  };
}

function refused(error: ApiError): resources.WriteResult {
  const [status] = serviceErrorOf(error).metadata.get(statusKey);
  return { status: status as Buffer, object: nothing, resourceVersion: '', uid: '' };
}
