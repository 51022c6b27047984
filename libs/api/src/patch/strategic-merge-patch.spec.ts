import { ApiError } from '../meta/api-error.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { strategicMergePatch } from './strategic-merge-patch.ts';

const podSpec = { type: 'struct', of: 'io.k8s.api.core.v1.PodSpec' } as const;
const objectMeta = { type: 'struct', of: 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' } as const;
const deploymentSpec = { type: 'struct', of: 'io.k8s.api.apps.v1.DeploymentSpec' } as const;

describe('strategic merge patch', () => {
  const a = { name: 'a', image: 'a:1' };
  const b = { name: 'b', image: 'b:1', env: [{ name: 'X', value: '1' }] };

  it.each([
    [
      'merges items of equal merge key and keeps the others',
      { containers: [a, b] },
      { containers: [{ name: 'b', image: 'b:2' }] },
      { containers: [a, { ...b, image: 'b:2' }] },
    ],
    [
      'puts an item that the server does not know before those that only the server has',
      { containers: [a] },
      { containers: [b] },
      { containers: [b, a] },
    ],
    [
      'merges lists inside of merged items',
      { containers: [b] },
      { containers: [{ name: 'b', env: [{ name: 'X', value: '2' }] }] },
      { containers: [{ ...b, env: [{ name: 'X', value: '2' }] }] },
    ],
    ['deletes an item by $patch: delete', { containers: [a, b] }, { containers: [{ name: 'a', $patch: 'delete' }] }, { containers: [b] }],
    [
      'replaces a list by $patch: replace',
      { containers: [a, b] },
      { containers: [{ $patch: 'replace' }, { name: 'c' }] },
      { containers: [{ name: 'c' }] },
    ],
    ['empties a list by $patch: replace alone', { containers: [a] }, { containers: [{ $patch: 'replace' }] }, { containers: [] }],
    [
      'replaces a list without a merge strategy',
      { tolerations: [{ key: 'a' }] },
      { tolerations: [{ key: 'b' }] },
      { tolerations: [{ key: 'b' }] },
    ],
    ['deletes by null, deeply', { nodeSelector: { a: '1', b: '2' } }, { nodeSelector: { a: null } }, { nodeSelector: { b: '2' } }],
    ['leaves out nulls of what is new', {}, { securityContext: { runAsUser: 1, runAsGroup: null } }, { securityContext: { runAsUser: 1 } }],
    [
      'replaces an object by $patch: replace',
      { nodeSelector: { a: '1' } },
      { nodeSelector: { $patch: 'replace', b: '2' } },
      { nodeSelector: { b: '2' } },
    ],
    ['empties an object by $patch: delete', { nodeSelector: { a: '1' } }, { nodeSelector: { $patch: 'delete' } }, { nodeSelector: {} }],
    [
      'drops directives of what is new',
      {},
      { containers: [{ name: 'a', $patch: 'delete' }, b], '$setElementOrder/volumes': [{ name: 'v' }] },
      { containers: [b] },
    ],
    [
      'keeps only what $retainKeys lists',
      { volumes: [{ name: 'v', emptyDir: {} }] },
      { volumes: [{ name: 'v', hostPath: { path: '/' }, $retainKeys: ['name', 'hostPath'] }] },
      { volumes: [{ name: 'v', hostPath: { path: '/' } }] },
    ],
    [
      'orders items by $setElementOrder, new and old',
      { containers: [a, b] },
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'c' }, { name: 'a' }], containers: [{ name: 'c', image: 'c' }] },
      { containers: [b, { name: 'c', image: 'c' }, a] },
    ],
    [
      'keeps items that only the server has in place under $setElementOrder',
      { containers: [a, b] },
      { '$setElementOrder/containers': [{ name: 'b' }], containers: [{ name: 'b', image: 'b:2' }] },
      { containers: [a, { ...b, image: 'b:2' }] },
    ],
  ])('%s', (_name, target, patch, want) => {
    const before = structuredClone(target);
    expect(strategicMergePatch(table, podSpec, target, patch)).toEqual(want);
    expect(target).toEqual(before);
  });

  it('merges lists of scalars as sets, and deletes from them', () => {
    const target = { finalizers: ['a/1', 'b/1'] };
    expect(strategicMergePatch(table, objectMeta, target, { finalizers: ['b/1', 'c/1'] })).toEqual({ finalizers: ['a/1', 'b/1', 'c/1'] });
    expect(strategicMergePatch(table, objectMeta, target, { '$deleteFromPrimitiveList/finalizers': ['a/1'] })).toEqual({
      finalizers: ['b/1'],
    });
  });

  it('replaces the whole strategy where the field retains keys', () => {
    const target = { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } };
    const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    expect(strategicMergePatch(table, deploymentSpec, target, patch)).toEqual({ strategy: { type: 'Recreate' } });
  });

  it.each([
    ['no merge key', { containers: [{ image: 'x' }] }, 500, 'does not contain declared merge key: name'],
    ['an unknown directive', { nodeSelector: { $patch: 'x' } }, 400, 'unknown patch type: "x"'],
    [
      'retainKeys without a key of the patch',
      { securityContext: { $retainKeys: ['a'], runAsUser: 1 } },
      400,
      'invalid patch format of retainKeys',
    ],
    [
      'an order that the items do not follow',
      { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }], containers: [a, b] },
      400,
      "doesn't match $setElementOrder list",
    ],
  ])('refuses %s', (_name, patch, code, message) => {
    const target = { containers: [a], nodeSelector: { a: '1' }, securityContext: {} };
    try {
      strategicMergePatch(table, podSpec, target, patch);
    } catch (err) {
      expect(err).toBeInstanceOf(ApiError);
      expect([(err as ApiError).code, (err as ApiError).message]).toEqual([code, expect.stringContaining(message)]);
      return;
    }
    throw new Error('not refused');
  });
});
