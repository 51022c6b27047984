import type { Random } from '#base';
import { mutated, oneOf, sizeUpTo, trickyText } from '../inputs/bytes.ts';
import { bodyLimitBytes, grownObject, grownYaml } from '../inputs/growth.ts';
import { type Json, oddValue, withOnePlaceChanged } from '../inputs/objects.ts';
import { names, type Sample, samples } from '../inputs/samples.ts';
import { apiTarget, type Call } from './api-server.ts';

const jsonPatch = 'application/json-patch+json';
const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const apply = 'application/apply-patch+yaml';

/** The patches, of every kind of them and of object. */
export const patches = apiTarget({ name: 'patches', share: 4, make: (random) => patchCall(random, small) });

/** The same, as large as a body may be, or growing what they patch. */
export const largePatches = apiTarget({ name: 'large-patches', share: 0.25, make: (random) => patchCall(random, large) });

type Patch = { type: string; body: string | Buffer };

function patchCall(random: Random, patchOf: (sample: Sample, random: Random) => Patch): Call {
  const sample = oneOf(random, samples);
  const { type, body } = patchOf(sample, random);
  const sub = random.below(6) === 0 ? `/${oneOf(random, ['status', 'scale', 'resize', 'ephemeralcontainers', 'finalize'])}` : '';
  const options =
    type === apply
      ? `?fieldManager=${oneOf(random, ['a', 'b'])}${oneOf(random, ['', '&force=true'])}`
      : oneOf(random, ['', '?dryRun=All', '?fieldValidation=Strict']);
  const url = `${sample.collection}/${oneOf(random, [...names, 'new'])}${sub}${options}`;
  return { method: 'PATCH', url, headers: { 'content-type': type }, body: Buffer.from(body).subarray(0, bodyLimitBytes) };
}

function small(sample: Sample, random: Random): Patch {
  const type = oneOf(random, [jsonPatch, merge, strategic, apply, apply]);
  const changed = withOnePlaceChanged(withOnePlaceChanged(sample.object(oneOf(random, names)), random), random);
  const value: unknown =
    type === jsonPatch
      ? Array.from({ length: random.below(6) }, () => operation(random))
      : type === strategic
        ? withDirective(changed, random)
        : changed;
  const text = Buffer.from(JSON.stringify(value));
  return { type, body: random.below(4) === 0 ? mutated(text, random) : text };
}

const paths = [
  '',
  '/metadata',
  '/metadata/labels',
  '/metadata/annotations/note',
  '/metadata/name',
  '/spec',
  '/spec/containers/0',
  '/spec/containers/-',
  '/spec/template',
  '/data',
  '/data/a',
  '/status',
  '/spec/ports/0/port',
  '/rules/0',
  '/x',
  '/a~1b',
  '/a~0b',
  '/__proto__',
  '/constructor/prototype',
  '/spec/containers/01',
  '/spec/containers/1e3',
  '/metadata/managedFields',
]; // prettier-ignore
const pathOf = (random: Random): string => (random.below(5) === 0 ? `/metadata/${trickyText(random)}` : oneOf(random, paths));

function operation(random: Random): Json {
  const op = oneOf(random, ['add', 'replace', 'remove', 'test', 'copy', 'move', 'Add', '']);
  return {
    op,
    path: pathOf(random),
    ...(random.below(8) > 0 && { from: pathOf(random), value: random.below(3) === 0 ? { a: 'b' } : oddValue(random) }),
  };
}

/** Strategic merge patch's own words, where a client may and may not put them. */
function withDirective(patch: Json, random: Random): Json {
  const spec = typeof patch['spec'] === 'object' && patch['spec'] !== null ? (patch['spec'] as Json) : {};
  const list = oneOf(random, ['containers', 'ports', 'tolerations', 'volumes', 'finalizers', 'x']);
  const directive = oneOf<Json>(random, [
    { $patch: oneOf(random, ['delete', 'replace', 'merge', 'x', '']) },
    { $retainKeys: oddValue(random) },
    { [`$setElementOrder/${list}`]: oneOf(random, [[{ name: 'c' }], ['c'], oddValue(random)]) },
    { [`$deleteFromPrimitiveList/${list}`]: oddValue(random) },
    { [list]: [{ name: 'c', $patch: 'delete' }, { $patch: 'replace' }] },
  ]);
  return random.below(2) === 0 ? { ...patch, ...directive } : { ...patch, spec: { ...spec, ...directive } };
}

function large(sample: Sample, random: Random): Patch {
  switch (random.below(5)) {
    case 0:
    case 1:
      return { type: jsonPatch, body: JSON.stringify(manyOperations(random)) };
    case 2:
      return { type: apply, body: random.below(2) === 0 ? grownYaml(random) : JSON.stringify(grownObject(sample, random)) };
    default:
      return { type: oneOf(random, [merge, strategic]), body: JSON.stringify(grownObject(sample, random)) };
  }
}

/** Operations that are short and make much: copies of copies, growing lists, deep trees. */
function manyOperations(random: Random): Json[] {
  const count = oneOf(random, [20, 40, sizeUpTo(random, 10_000), sizeUpTo(random, 60_000)]);
  const from = oneOf(random, ['', '/metadata', '/spec', '/data', '/metadata/labels', '/spec/containers', '/metadata/annotations']);
  const make = oneOf<(i: number) => Json>(random, [
    (i) => ({ op: 'copy', from, path: `${from || '/metadata'}/a${i}` }),
    () => ({ op: 'copy', from: '/spec/containers/0', path: '/spec/containers/-' }),
    (i) => ({ op: 'add', path: `/metadata/labels/a${i}`, value: 'v' }),
    () => ({ op: 'add', path: '/spec/containers/0', value: { name: 'c', image: 'i' } }),
    () => ({ op: 'test', path: from, value: {} }),
    (i) => ({ op: 'add', path: `/metadata${'/a'.repeat(i % 500)}/a`, value: {} }),
    (i) => ({ op: 'move', from: `/metadata/a${i}`, path: `/metadata/a${i + 1}` }),
    () => ({ op: 'replace', path: from, value: { a: 'b' } }),
  ]);
  return Array.from({ length: count }, (_, i) => make(i));
}
