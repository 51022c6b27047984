import type { KubeObject } from '#api';
import type { Api, ListQuery, ObjectRef, WatchEvent, WriteItem, WriteResult } from '#client/contract';
import type { UserInfo } from '#kinds/contract';
import type { ResourceService, ServedEvent, WriteOutcome, WriteRequest } from '../contract.ts';

/** The API as a part of the system sees it, without a connection between: straight into the request pipeline, as this user. */
export function localApi(service: ResourceService, user: UserInfo): Api {
  const target = ({ resource, namespace = '' }: { resource: ObjectRef['resource']; namespace?: string }) => ({ user, resource, namespace });
  return {
    async get<T extends KubeObject>(ref: ObjectRef) {
      return (await service.get({ ...target(ref), name: ref.name })).object as T;
    },
    async list<T extends KubeObject>({ labelSelector, fieldSelector, ...query }: ListQuery) {
      const { items, resourceVersion } = await service.list({ ...target(query), labelSelector, fieldSelector });
      return { items: items.map((item) => item.object as T), resourceVersion };
    },
    async *watch<T extends KubeObject>(query: ListQuery & { resourceVersion?: string }, signal: AbortSignal) {
      const { resourceVersion, labelSelector, fieldSelector } = query;
      if (resourceVersion) yield [{ type: 'bookmark', resourceVersion } as WatchEvent<T>];
      const whole = resourceVersion ? { resourceVersion } : ({ sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' } as const);
      const request = { ...target(query), labelSelector, fieldSelector, ...whole, allowWatchBookmarks: true };
      for await (const batch of service.watch(request, signal)) if (batch.length > 0) yield batch.map((event) => eventOf<T>(event));
    },
    async writeMany(items: readonly WriteItem[]) {
      const outcomes = await service.writeMany(items.map((item) => requestOf(item, user)));
      return outcomes.map((outcome, i) => resultOf(outcome, items[i]!.wantObject ?? false));
    },
  };
}

const eventTypes = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' } as const;

function eventOf<T extends KubeObject>(event: ServedEvent): WatchEvent<T> {
  if (event.type === 'BOOKMARK') return { type: 'bookmark', resourceVersion: event.resourceVersion };
  return { type: eventTypes[event.type], object: event.served.object as T };
}

function requestOf(item: WriteItem, user: UserInfo): WriteRequest {
  const { resource, subresource, namespace = '', fieldManager } = item;
  const target = { user, resource, namespace, ...(subresource && { subresource }), ...(fieldManager && { fieldManager }) };
  switch (item.verb) {
    case 'create':
      return { ...target, verb: 'create', name: item.name, body: { value: item.object } };
    case 'update':
      return { ...target, verb: 'update', name: item.name, body: { value: item.object } };
    case 'patch':
      return { ...target, verb: 'patch', name: item.name, patchType: item.patchType, body: { value: item.patch }, force: item.force };
    case 'delete':
      return { ...target, verb: 'delete', name: item.name, options: item.options };
  }
}

function resultOf(outcome: WriteOutcome, wantObject: boolean): WriteResult {
  if (!outcome.ok) return outcome;
  const { object, revision } = outcome.served;
  return { ok: true, uid: object.metadata.uid ?? '', resourceVersion: String(revision || ''), ...(wantObject && { object }) };
}
