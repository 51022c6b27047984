import { Revision } from './go-source.ts';
import { applyTableDefaults, decodeObject } from '../src/decode/decode.ts';
import { gvkOf, type KubeObject } from '../src/meta/object.ts';
import { decodeProtobuf } from '../src/protobuf/decode-protobuf.ts';
import { ProtobufEncoder, protobufEnvelope } from '../src/protobuf/encode-protobuf.ts';
import { builtinTypes } from '../src/type-table/builtin-types.ts';

/**
 * Proves the type table with the published golden objects, one of each kind with every field set: all fields are known, decoding
 * changes nothing, the protobuf form says the same and is written byte by byte, and defaulting is idempotent.
 *
 *   deploy/bin/node24 libs/api/extract/check-golden.ts PATH-OF-kubernetes/api [REVISION]
 */
const [path, revision = 'release-1.36'] = process.argv.slice(2);
if (!path) throw new Error('usage: check-golden.ts API-REPOSITORY [REVISION]');
const api = new Revision(path, revision);
let [passed, skipped] = [0, 0];
const failures: string[] = [];

const encoder = new ProtobufEncoder(builtinTypes);

const differences = (a: unknown, b: unknown, at: string): string[] => {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null)
    return Object.is(a, b) ? [] : [`${at}: ${JSON.stringify(a)} ≠ ${JSON.stringify(b)}`];
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].flatMap((k) => differences((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k], `${at}.${k}`));
};

for (const file of api.list('testdata/HEAD/').filter((f) => f.endsWith('.json') && !f.includes('after_roundtrip'))) {
  const golden = JSON.parse(api.read(file)) as KubeObject;
  if (!golden.apiVersion) continue; // merge configs and the like
  const gvk = gvkOf(golden);
  if (!builtinTypes.kind(gvk)) {
    skipped++;
    continue;
  }
  const problems: string[] = [];
  try {
    const decoded = decodeObject(builtinTypes, golden, { gvk, fieldValidation: 'Strict', defaults: false });
    problems.push(...differences(golden, decoded, gvk.kind));
    if (JSON.stringify(Object.keys(decoded)) !== JSON.stringify(Object.keys(golden))) problems.push('order of fields');
    const fromProtobuf = decodeProtobuf(builtinTypes, api.readBytes(file.replace('.json', '.pb')), golden);
    problems.push(...differences(decoded, decodeObject(builtinTypes, fromProtobuf, { gvk, defaults: false }), 'protobuf'));
    const written = Buffer.concat(protobufEnvelope(golden, [encoder.message(golden)!]));
    if (!written.equals(api.readBytes(file.replace('.json', '.pb')))) problems.push('protobuf bytes');
    const defaulted = applyTableDefaults(builtinTypes, golden);
    problems.push(...differences(defaulted, applyTableDefaults(builtinTypes, defaulted), 'defaults'));
  } catch (err) {
    problems.push((err as Error).message);
  }
  if (problems.length > 0) failures.push(`${file}: ${problems.slice(0, 5).join('; ')}`);
  else passed++;
}
process.stdout.write(
  `${failures.map((f) => `${f}\n`).join('')}${passed} passed, ${failures.length} failed, ${skipped} of kinds that are not stable\n`,
);
process.exitCode = failures.length > 0 ? 1 : 0;
