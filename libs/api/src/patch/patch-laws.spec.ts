import fc from 'fast-check';
import { decodeObject } from '../decode/decode.ts';
import type { KubeObject } from '../meta/object.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { difference, isEmptySet, parseFieldsV1, pathsOf } from './field-set.ts';
import { updateManagedFields } from './managed-fields.ts';
import { serverSideApply } from './server-side-apply.ts';
import { deepEqual } from './shape.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';
import { fieldsOf, mergeValues, withNamedFields } from './typed-values.ts';

const gvk = { group: '', version: 'v1', kind: 'Pod' };
const schema = { type: 'struct', of: 'io.k8s.api.core.v1.Pod' } as const;
const now = '2026-01-01T00:00:00Z';

const name = fc.constantFrom('a', 'b', 'c');
const env = fc.uniqueArray(fc.record({ name, value: name }), { maxLength: 2, selector: (e) => e.name });
const container = fc.record(
  { name, image: name, env, command: fc.array(name, { minLength: 1, maxLength: 2 }) },
  { requiredKeys: ['name'] },
);
const containers = fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: (c) => c.name });
const labels = fc.dictionary(name, name, { minKeys: 1, maxKeys: 3 });
const spec = fc.record({ containers, nodeSelector: labels, hostname: name }, { requiredKeys: [] });
const finalizers = fc.uniqueArray(
  name.map((n) => `x/${n}`),
  { minLength: 1, maxLength: 2 },
);
const configuration = fc.record({ labels, spec, finalizers }, { requiredKeys: [] }).map(({ labels: l, spec: s, finalizers: f }) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', ...(l && { labels: l }), ...(f && { finalizers: f }) },
  ...(s && { spec: s }),
}));
const manager = fc.constantFrom('m1', 'm2');

type Step = readonly [who: string, config: object];
const apply = (live: KubeObject | undefined, [who, config]: Step): KubeObject =>
  decodeObject(
    table,
    serverSideApply(table, live, config as KubeObject, { manager: who, apiVersion: 'v1', kind: gvk.kind, now, force: true }),
    { gvk },
  );
const steps = fc.array(fc.tuple(manager, configuration), { minLength: 1, maxLength: 5 });
const run = (all: readonly Step[]): KubeObject => all.reduce<KubeObject | undefined>(apply, undefined)!;

describe('laws of server-side apply', () => {
  it('what was applied last stands, and applying it again changes nothing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const object = run(all);
        const last = all.at(-1)!;
        fc.pre(object.metadata.managedFields !== undefined); // else what is there goes to before-first-apply
        // Laying the configuration over the object again finds nothing to change.
        expect(decodeObject(table, mergeValues(table, schema, object, last[1]), { gvk })).toEqual(object);
        expect(apply(object, last)).toEqual(object);
      }),
    );
  });

  it('every owned field is there', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const object = run(all);
        const present = withNamedFields(table, schema, fieldsOf(table, schema, object));
        for (const entry of object.metadata.managedFields ?? []) {
          const missing = difference(parseFieldsV1(entry.fieldsV1!), present);
          expect(isEmptySet(missing) ? [] : pathsOf(missing)).toEqual([]);
        }
      }),
    );
  });

  it('a manager that applies nothing owns nothing', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const gone = apply(run(all), ['m1', { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' } }]);
        expect(gone.metadata.managedFields?.some((e) => e.manager === 'm1') ?? false).toBe(false);
      }),
    );
  });

  it('an update that changes nothing keeps the owners, whoever sends it', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const object = run(all);
        const sent = decodeObject(table, structuredClone(object), { gvk });
        expect(updateManagedFields(table, object, sent, { manager: 'z', apiVersion: 'v1', now: '2027-01-01T00:00:00Z' })).toEqual(object);
      }),
    );
  });
});

describe('laws of strategic merge patch', () => {
  it('twice is once, the empty patch changes nothing, and what is patched in stands', () => {
    fc.assert(
      fc.property(configuration, configuration, (target, patch) => {
        const once = strategicMergePatch(table, schema, target, patch);
        expect(strategicMergePatch(table, schema, once, patch)).toEqual(once);
        expect(strategicMergePatch(table, schema, target, {})).toEqual(target);
        expect(deepEqual(strategicMergePatch(table, schema, target, target), target)).toBe(true);
      }),
    );
  });

  it('$setElementOrder decides the order of what it names', () => {
    fc.assert(
      fc.property(containers, containers, (server, wanted) => {
        const order = wanted.map((c) => ({ name: c.name }));
        const patched = strategicMergePatch(
          table,
          schema,
          { spec: { containers: server } },
          {
            spec: { '$setElementOrder/containers': order, containers: wanted },
          },
        ) as { spec: { containers: { name: string }[] } };
        const names = patched.spec.containers.map((c) => c.name);
        expect(names.filter((n) => order.some((o) => o.name === n))).toEqual(order.map((o) => o.name));
        expect(new Set(names)).toEqual(new Set([...server, ...wanted].map((c) => c.name)));
      }),
    );
  });
});
