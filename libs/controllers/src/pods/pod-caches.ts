import type { KubeObject } from '#api';
import type { Pod } from '#api/types';
import type { Informer } from '#client';
import { controllerOf } from '#controller-runtime';
import type { Caches } from '#controller-runtime/contract';
import { resources } from '#objects';

const byController = 'controller';
const orphans = 'orphans';
const byNode = 'node';
const indexed = new WeakSet<Informer<KubeObject>>();

/** The one cache of pods, with the indexes that controllers look up by; they are made once. */
export function podCache(caches: Caches): Informer<Pod> {
  const pods = caches.informer<Pod>({ resource: resources.pods });
  if (!indexed.has(pods)) {
    indexed.add(pods);
    pods.addIndex(byController, (pod) => [controllerOf(pod)?.uid ?? '']);
    pods.addIndex(orphans, (pod) => (controllerOf(pod) ? [] : [pod.metadata.namespace ?? '']));
    pods.addIndex(byNode, (pod) => (pod.spec.nodeName ? [pod.spec.nodeName] : []));
  }
  return pods;
}

/** By uid of the controlling owner, in all namespaces. The objects are the cache's: never change them. */
export function podsControlledBy(caches: Caches, uid: string): readonly Pod[] {
  return podCache(caches).byIndex(byController, uid);
}

/** Pods of a namespace without a controller, which a selector may adopt. */
export function orphanPods(caches: Caches, namespace: string): readonly Pod[] {
  return podCache(caches).byIndex(orphans, namespace);
}

/** Pods bound to a node, ended ones included, whether or not the node is there. */
export function podsOnNode(caches: Caches, node: string): readonly Pod[] {
  return podCache(caches).byIndex(byNode, node);
}
