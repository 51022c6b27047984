import type { KubeObject } from '#api';
import type { CacheEvent, CachedObject, WatchEventType } from './contract.ts';

/**
 * What a watcher with a selector is told of an event: an object that enters the selection is ADDED, one that leaves it DELETED (with the
 * state that was last in it), and what never was in it is not mentioned. Kubernetes API concepts, "Efficient detection of changes".
 */
export function selectEvent(
  event: CacheEvent,
  matches: (object: KubeObject) => boolean,
): { type: WatchEventType; object: CachedObject } | undefined {
  const was = event.previous !== undefined && matches(event.previous.object);
  if (event.type === 'DELETED') return was ? { type: 'DELETED', object: event.current } : undefined;
  if (matches(event.current.object)) return { type: was ? 'MODIFIED' : 'ADDED', object: event.current };
  return was && event.departed ? { type: 'DELETED', object: event.departed } : undefined;
}
