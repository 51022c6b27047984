import type { KubeObject } from '#api';
import type { ControllerRevision, PodTemplateSpec } from '#api/types';

/** What has a template of pods, and keeps the former ones. */
export type Revised = KubeObject & { spec: { template: PodTemplateSpec }; status?: { collisionCount?: number } };

/** A strategic merge patch that makes the template what it is now: `kubectl rollout undo` sends it, and compares its bytes, so keys are sorted. */
export function templatePatch({ spec }: Revised): Record<string, unknown> {
  return { spec: { template: { $patch: 'replace', ...(sorted(spec.template) as object) } } };
}

/** The template that such a patch makes. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { spec } = data as { spec: { template: PodTemplateSpec & { $patch?: string } } };
  const { $patch: _replace, ...rest } = spec.template;
  return rest;
}

/** The oldest first: `pkg/controller/history`, byRevision. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return a.revision - b.revision || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, part]) => [key, sorted(part)]));
}
