import { decodeObject } from '../decode/decode.ts';
import { ApiError } from '../meta/api-error.ts';
import { builtinTypes as table } from '../type-table/builtin-types.ts';
import { applyPatch, type PatchOptions } from './apply-patch.ts';

const gvk = { group: 'apps', version: 'v1', kind: 'Deployment' };
const live = decodeObject(
  table,
  {
    metadata: { name: 'd' },
    spec: {
      paused: true,
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'c:1' }] } },
    },
  },
  { gvk },
);
const patch = (body: unknown, type: string, options: Partial<PatchOptions> = {}): unknown =>
  applyPatch(table, live, typeof body === 'string' ? body : JSON.stringify(body), { type, gvk, ...options });
const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const refusal = (act: () => unknown): ApiError => {
  try {
    act();
  } catch (err) {
    if (err instanceof ApiError) return err;
    throw err;
  }
  throw new Error('not refused');
};

describe('patching an object', () => {
  it('applies a JSON patch and fills defaults in for what it adds', () => {
    const patched = patch(
      [
        { op: 'test', path: '/spec/paused', value: true },
        { op: 'add', path: '/metadata/labels', value: { a: 'b' } },
        { op: 'add', path: '/spec/template/spec/containers/-', value: { name: 'z', image: 'z:1' } },
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'q:1' },
      ],
      json,
    );
    expect(patched).toMatchObject({
      metadata: { labels: { a: 'b' } },
      spec: {
        template: {
          spec: {
            containers: [
              { name: 'c', image: 'q:1' },
              { name: 'z', terminationMessagePath: '/dev/termination-log' },
            ],
          },
        },
      },
    });
    expect(live).not.toHaveProperty('metadata.labels');
  });

  it('moves and copies with escaped names', () => {
    const patched = patch(
      [
        { op: 'add', path: '/metadata/annotations', value: { 'a/b': '1' } },
        { op: 'move', from: '/metadata/annotations/a~1b', path: '/metadata/annotations/c' },
        { op: 'copy', from: '/metadata/annotations/c', path: '/metadata/annotations/d' },
      ],
      json,
    );
    expect(patched).toMatchObject({ metadata: { annotations: { c: '1', d: '1' } } });
  });

  const rejected = 'the server rejected our request due to an error in our request';
  it.each([
    ['a test that does not hold', [{ op: 'test', path: '/spec/paused', value: false }], json, 422, rejected],
    ['removal of what is not there', [{ op: 'remove', path: '/spec/nope' }], json, 422, rejected],
    ['an addition to what is not there', [{ op: 'add', path: '/metadata/annotations/a~1b~0c', value: 'x' }], json, 422, rejected],
    ['a JSON patch that is no list', { op: 'x' }, json, 400, 'json: cannot unmarshal object into Go value of type jsonpatch.Patch'],
    ['a merge patch of null', 'null', merge, 400, 'Invalid JSON Patch'],
    ['text that is no JSON', '{', merge, 400, 'error decoding patch: '],
    ['a bottomless patch', `${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}`, merge, 400, 'exceeded max depth'],
    ['another media type', {}, 'text/plain', 415, 'accepted media types include: '],
    [
      'a result of the wrong type',
      [{ op: 'replace', path: '/spec/replicas', value: 'x' }],
      json,
      422,
      'cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 })), json, 413, 'got 10001'],
  ])('refuses %s', (...[, body, type, code, message]) => {
    const error = refusal(() => patch(body, type));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(message)]);
  });

  it('tells unknown and repeated fields, or refuses them', () => {
    const warnings: string[] = [];
    patch('{"spec":{"foo":1,"replicas":1,"replicas":2}}', strategic, { warn: (w) => warnings.push(w) });
    expect(warnings).toEqual(['duplicate field "spec.replicas"', 'unknown field "spec.foo"']);
    const strict = refusal(() => patch({ spec: { foo: 1 } }, merge, { fieldValidation: 'Strict' }));
    expect([strict.code, strict.message]).toEqual([422, expect.stringContaining('strict decoding error: unknown field "spec.foo"')]);
  });
});
