import { ApiError, forbidden, type KubeObject, notFound } from '#api';
import type { AdmissionIo, AdmissionPlugin, AdmissionRequest } from '#api-server/contract';
import { gvks } from '#objects';
import { refuse } from './refuse.ts';

const immortal = new Set(['default', 'kube-system', 'kube-public']);

const isTerminating = (namespace: KubeObject): boolean => namespace.metadata.deletionTimestamp !== undefined;

/** Nothing is made in a namespace that is not there or is on its way out, and the namespaces of the system stay. */
export const namespaceLifecycle: AdmissionPlugin = {
  name: 'NamespaceLifecycle',
  handles: (verb, resource, subresource) =>
    (resource.group === '' && resource.resource === 'namespaces' && subresource === '') ||
    (verb !== 'delete' && resource.resource !== 'localsubjectaccessreviews'),
  async mutate(request, io) {
    if (request.namespace && request.kind.kind !== 'Namespace') await checkNamespace(request, io);
    return request.object as KubeObject;
  },
  validate(request) {
    const { verb, resource, name } = request;
    if (verb === 'delete' && resource.group === '' && resource.resource === 'namespaces' && immortal.has(name)) {
      throw refuse(request, 'this namespace may not be deleted');
    }
  },
};

/**
 * Throws ApiError 404 when there is no such namespace, 403 with the cause `NamespaceTerminating` when something is to be made in one that
 * goes: controllers know by it that trying again is no use.
 */
async function checkNamespace(request: AdmissionRequest, io: AdmissionIo): Promise<void> {
  const { namespace: name, verb, resource } = request;
  const seen = io.get(gvks.Namespace, '', name);
  // A namespace that was made a moment ago may not be in this process's cache yet.
  const namespace = seen ?? (await io.fresh(gvks.Namespace, '', name));
  if (!namespace) throw notFound({ group: '', resource: 'namespaces' }, name);
  if (verb !== 'create' || !isTerminating(namespace)) return;
  const refusal = forbidden(resource, request.name, `unable to create new content in namespace ${name} because it is being terminated`);
  throw ApiError.fromStatus({
    ...refusal.status,
    details: {
      ...refusal.status.details,
      causes: [{ reason: 'NamespaceTerminating', message: `namespace ${name} is being terminated`, field: 'metadata.namespace' }],
    },
  });
}
