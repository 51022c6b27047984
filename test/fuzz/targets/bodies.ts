import { builtinTypes, ProtobufEncoder, protobufEnvelope } from '#api';
import type { Random } from '#base';
import { mutated, oneOf, trickyText } from '../inputs/bytes.ts';
import { bodyLimitBytes, grownJson, grownObject, grownProtobuf, grownYaml } from '../inputs/growth.ts';
import { type Json, randomStruct, withOnePlaceChanged } from '../inputs/objects.ts';
import { names, type Sample, samples } from '../inputs/samples.ts';
import { apiTarget, type Call } from './api-server.ts';

const json = 'application/json';
const yaml = 'application/yaml';
const protobuf = 'application/vnd.kubernetes.protobuf';
const encoder = new ProtobufEncoder(builtinTypes);

/** Creations and updates of every kind, in the three encodings. */
export const bodies = apiTarget({ name: 'bodies', share: 5, make: (random) => ordinary(random) });

/** The same, as large as a body may be. Few, since each costs as much as a thousand others. */
export const largeBodies = apiTarget({ name: 'large-bodies', share: 0.25, make: (random) => large(random) });

function ordinary(random: Random): Call {
  const sample = oneOf(random, samples);
  const object = anObject(sample, random);
  const { type, body } = encoded(object, random);
  return { ...place(sample, random), headers: { 'content-type': type, ...(random.below(4) === 0 && { accept: protobuf }) }, body };
}

function large(random: Random): Call {
  const sample = oneOf(random, samples);
  const target = place(sample, random);
  const send = (type: string, body: string | Buffer): Call => ({
    ...target,
    headers: { 'content-type': type },
    body: Buffer.from(body).subarray(0, bodyLimitBytes),
  });
  switch (random.below(6)) {
    case 0:
      return send(yaml, grownYaml(random));
    case 1:
      return send(json, grownJson(random));
    case 2:
      return send(protobuf, grownProtobuf(sample, random));
    case 3:
      return send(yaml, JSON.stringify(grownObject(sample, random)));
    default:
      return send(json, JSON.stringify(grownObject(sample, random)));
  }
}

function anObject(sample: Sample, random: Random): Json {
  const object = sample.object(oneOf(random, names));
  const struct = builtinTypes.kind(sample.kind.gvk);
  if (struct && random.below(3) === 0) {
    const made = randomStruct(struct, { random, odd: 0.05, depth: 7 });
    return {
      ...object,
      ...made,
      apiVersion: object['apiVersion'],
      kind: object['kind'],
      metadata: { ...(made['metadata'] as Json), name: trickyName(random) },
    };
  }
  let changed = object;
  for (let left = random.below(4); left > 0; left--) changed = withOnePlaceChanged(changed, random);
  return changed;
}

const trickyName = (random: Random): unknown => (random.below(10) === 0 ? trickyText(random) : oneOf(random, names));

function place({ collection }: Sample, random: Random): Pick<Call, 'method' | 'url'> {
  const options = oneOf(random, ['', '', '?dryRun=All', '?fieldValidation=Strict', '?fieldValidation=Ignore', '?fieldManager=x']);
  if (random.below(2) === 0) return { method: 'POST', url: collection + options };
  const sub =
    random.below(4) === 0
      ? `/${oneOf(random, ['status', 'scale', 'binding', 'eviction', 'token', 'resize', 'ephemeralcontainers', 'finalize'])}`
      : '';
  return { method: oneOf(random, ['PUT', 'PUT', 'POST', 'DELETE']), url: `${collection}/${oneOf(random, names)}${sub}${options}` };
}

function encoded(object: Json, random: Random): { type: string; body: Buffer } {
  const text = Buffer.from(JSON.stringify(object));
  switch (random.below(5)) {
    case 0: {
      const message = protobufOf(object);
      return message ? { type: protobuf, body: random.below(2) === 0 ? message : mutated(message, random) } : { type: json, body: text };
    }
    case 1:
      return { type: yaml, body: random.below(2) === 0 ? text : mutated(text, random) };
    case 2:
      return { type: json, body: mutated(text, random) };
    default:
      return { type: json, body: text };
  }
}

/** Undefined where the object is none that protobuf can hold. */
function protobufOf(object: Json): Buffer | undefined {
  const type = object as { apiVersion: string; kind: string };
  try {
    const message = encoder.message(type);
    return message && Buffer.concat(protobufEnvelope(type, [message]));
  } catch {
    // A value of the wrong type: no client could have written it.
    return undefined;
  }
}
