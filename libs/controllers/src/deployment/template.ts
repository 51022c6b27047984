import type { PodTemplateSpec, ReplicaSet } from '#api/types';

/** Set on each set, its selector and its pods, so that sets of one Deployment never choose each other's pods. */
export const templateHashLabel = 'pod-template-hash';

/** Whether two templates ask for the same pods, the hash label aside: `deploymentutil.EqualIgnoreHash`. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return canonical(withoutHash(a)) === canonical(withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  if (!template?.metadata?.labels?.[templateHashLabel]) return template;
  const { [templateHashLabel]: _hash, ...labels } = template.metadata.labels;
  return { ...template, metadata: { ...template.metadata, labels } };
}

/** The value of `pod-template-hash`: a 32-bit FNV-1a over the template, in letters that form no words. Collisions are told apart by the count. */
export function templateHash(template: PodTemplateSpec, collisionCount = 0): string {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(canonical(template) + (collisionCount > 0 ? `#${collisionCount}` : ''))) {
    hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  }
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  return Array.from(String(hash), (digit) => letters[digit.charCodeAt(0) % letters.length]).join('');
}

/** The oldest set whose template is the wanted one: by creation, then by name. */
export function setOfTemplate(template: PodTemplateSpec, sets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return oldestFirst(sets).find((set) => sameTemplate(set.spec.template, template));
}

/** A copy, by creation; within one second by name, so that two controllers agree. */
export function oldestFirst(sets: readonly ReplicaSet[]): ReplicaSet[] {
  return sets.toSorted((a, b) => {
    const [atA, atB] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
    if (atA !== atB) return atA < atB ? -1 : 1;
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1;
  });
}

const texts = new WeakMap<object, string>();

/** One text per meaning: sorted keys, and what Go's semantic equality takes for equal (nil and empty lists, absent and null) left out. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const known = texts.get(value);
  if (known !== undefined) return known;
  const text = Array.isArray(value) ? `[${value.map(canonical).join()}]` : `{${fields(value).join()}}`;
  texts.set(value, text);
  return text;
}

function fields(object: object): string[] {
  return Object.entries(object)
    .filter(([, value]) => value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`);
}
