import { ApiError, type KubeObject } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import { FakeView } from '#api-server/testing';
import type { Pod } from '#api/types';
import type { UserInfo } from '#kinds/contract';
import { createAuthorizer } from '../authorization/index.ts';

/** What specs of admission plugins are made of: a pod, a namespace, and one plugin run as the pipeline would. */

export const user = (username: string, ...groups: string[]): UserInfo => ({ username, groups: [...groups, 'system:authenticated'] });
export const someone = user('someone');

export const named = (kind: string, name: string, extra: object = {}, namespace = ''): KubeObject =>
  ({ apiVersion: 'v1', kind, metadata: { name, ...(namespace && { namespace }), uid: `${kind}-${name}` }, ...extra }) as KubeObject;

export const pod = (spec: object = {}, metadata: object = {}): Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'dev', uid: 'Pod-p', ...metadata },
    spec: { containers: [{ name: 'c' }], ...spec },
  }) as Pod;

export const dev = named('Namespace', 'dev');

export interface Case {
  resource?: string;
  group?: string;
  verb?: AdmissionRequest['verb'];
  subresource?: string;
  name?: string;
  namespace?: string;
  who?: UserInfo;
  object?: KubeObject | undefined;
  old?: KubeObject;
}

/** Mutates, then validates. Answers the object as it came out; what the plugin does not handle comes out as it is. */
export async function admit(
  plugin: AdmissionPlugin,
  given: Case,
  view = new FakeView(dev),
  now = new Date(0),
): Promise<KubeObject | undefined> {
  const { resource = 'pods', group = '', verb = 'create', subresource = '', object, old, who = someone } = given;
  const authorizer = createAuthorizer(view);
  const request: AdmissionRequest = {
    verb,
    user: who,
    resource: { group, version: 'v1', resource },
    kind: { group, version: 'v1', kind: object?.kind ?? 'Pod' },
    subresource,
    namespace: given.namespace ?? object?.metadata.namespace ?? '',
    name: given.name ?? object?.metadata.name ?? '',
    dryRun: false,
    object,
    oldObject: old,
  };
  const io: AdmissionIo = {
    now: () => now,
    get: (gvk, namespace, name) => view.get(gvk, namespace, name),
    list: (gvk, namespace) => view.list(gvk, namespace),
    modify: () => Promise.reject(new Error('nothing is changed here')),
    fresh: async (gvk, namespace, name) => view.get(gvk, namespace, name),
    authorize: (who_, attributes) => authorizer.authorize(who_, attributes),
    warn: () => {},
  };
  if (!plugin.handles(verb, request.resource, subresource)) return object;
  const next = (await plugin.mutate?.(request, io)) ?? object;
  await plugin.validate?.({ ...request, object: next }, io);
  return next;
}

/** What the plugin refuses with. */
export async function refusal(plugin: AdmissionPlugin, given: Case, view?: FakeView): Promise<string> {
  const err: unknown = await admit(plugin, given, view).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return err instanceof ApiError ? err.message : `no refusal: ${String(err)}`;
}
