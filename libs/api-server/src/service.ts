import { methodNotSupported, pageNotFound, readLongYaml } from '#api';
import type { HttpMethod } from '#kinds/contract';
import { methodsOf, subresourceOf } from './catalog/subresources.ts';
import type { DeleteCollectionRequest, ResourceService, ServedKind, ServedList, WriteOutcome, WriteRequest, Written } from './contract.ts';
import type { Core } from './core.ts';
import { ownErrorOf } from './errors/status-of.ts';
import { act } from './verbs/action.ts';
import { create } from './verbs/create.ts';
import { deleteCollection } from './verbs/delete-collection.ts';
import { remove } from './verbs/delete.ts';
import { get } from './verbs/get.ts';
import { list } from './verbs/list.ts';
import { patch } from './verbs/patch.ts';
import { projected, projectionOf } from './verbs/projection.ts';
import { update } from './verbs/update.ts';
import { watch } from './verbs/watch.ts';
import { atOnceBytes, bodyBytes, endSlice } from './writes/slices.ts';
import { verbsOf } from './catalog/kind-catalog.ts';

/** The verbs, each on the kind that the request names: what HTTPS and gRPC call. */
export class Resources implements ResourceService {
  constructor(private readonly core: Core) {}

  resolve: ResourceService['resolve'] = (resource) => this.core.kinds.resolve(resource);

  get: ResourceService['get'] = async (request) => get(this.core, this.resolve(request.resource), request);

  list: ResourceService['list'] = async (request) => list(this.core, this.resolve(request.resource), request);

  watch: ResourceService['watch'] = (request, signal) => {
    const kind = this.resolve(request.resource);
    if (!verbsOf(kind).includes('watch')) throw methodNotSupported(kind.resource, 'watch');
    return watch(this.core, kind, request, signal);
  };

  async write(asked: WriteRequest): Promise<Written> {
    const kind = this.resolve(asked.resource);
    checkServed(kind, asked);
    const request = await withReadableBody(asked);
    switch (request.verb) {
      case 'create':
        return request.subresource ? act(this.core, kind, request) : create(this.core, kind, request);
      case 'update':
        return asAsked(kind, request, await update(this.core, kind, request));
      case 'patch':
        return asAsked(kind, request, await patch(this.core, kind, request));
      case 'delete':
        return remove(this.core, kind, request);
    }
  }

  /** Writes of one object keep their order; all others are decided at once, and the store sends them together. */
  async writeMany(requests: readonly WriteRequest[]): Promise<WriteOutcome[]> {
    const last = new Map<string, Promise<unknown>>();
    const outcomes: Promise<WriteOutcome>[] = [];
    let bytes = 0;
    for (const request of requests) {
      const target = request.name && `${request.resource.group}/${request.resource.resource}/${request.namespace}/${request.name}`;
      const before = target ? last.get(target) : undefined;
      const outcome = before ? before.then(() => this.outcomeOf(request)) : this.outcomeOf(request);
      if (target) last.set(target, outcome);
      outcomes.push(outcome);
      bytes += bodyBytes(request);
      if (bytes <= atOnceBytes) continue;
      await endSlice();
      bytes = 0;
    }
    return Promise.all(outcomes);
  }

  async deleteCollection(request: DeleteCollectionRequest): Promise<ServedList> {
    return deleteCollection(this.core, this.resolve(request.resource), request);
  }

  /** The refusal of one item is its outcome, and ends no other. */
  private async outcomeOf(request: WriteRequest): Promise<WriteOutcome> {
    try {
      return { ok: true, ...(await this.write(request)) };
    } catch (err) {
      return { ok: false, status: ownErrorOf(err).status };
    }
  }
}

/** Long YAML is read before anything else is done, since it is read in another thread. */
async function withReadableBody(request: WriteRequest): Promise<WriteRequest> {
  if (request.verb === 'delete' || 'value' in request.body) return request;
  const reading = readLongYaml(request.body.bytes, request.body.mediaType);
  return reading ? { ...request, body: { ...request.body, yaml: await reading } } : request;
}

/** A write of a projection answers it. */
function asAsked(kind: ServedKind, { subresource }: WriteRequest, written: Written): Written {
  const projection = projectionOf(kind, subresource);
  return projection ? { ...written, served: projected(projection, written.served.object, written.served.revision) } : written;
}

const methodOf: Readonly<Record<WriteRequest['verb'], HttpMethod>> = { create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE' };

/** Throws ApiError 405 for a verb that the kind has not, 404 for a subresource that it has not. */
function checkServed(kind: ServedKind, request: WriteRequest): void {
  if (!request.subresource) {
    if (!verbsOf(kind).includes(request.verb)) throw methodNotSupported(kind.resource, request.verb);
    return;
  }
  const found = subresourceOf(kind.definition, request.subresource);
  if (!found) throw pageNotFound();
  const takes = found.do !== 'connect' && methodsOf(found).includes(methodOf[request.verb]);
  if (!takes) throw methodNotSupported({ ...kind.resource, resource: `${kind.resource.resource}/${request.subresource}` }, request.verb);
}
