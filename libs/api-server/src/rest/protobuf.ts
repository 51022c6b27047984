import { builtinTypes, notAcceptable, protobufBlock, ProtobufEncoder, protobufEnvelope, protobufMediaType } from '#api';
import type { HttpAnswer, ServedList } from '../contract.ts';

const encoder = new ProtobufEncoder(builtinTypes);
/** Objects that are served never change: each is encoded once, for all who ask. */
const messages = new WeakMap<object, Buffer>();

interface Typed {
  apiVersion: string;
  kind: string;
}

function encode(object: Typed): Buffer {
  // The two versions of meta.k8s.io have one form.
  const message = encoder.message(object.apiVersion === 'meta.k8s.io/v1beta1' ? { ...object, apiVersion: 'meta.k8s.io/v1' } : object);
  if (message) return message;
  // `k8s.io/apimachinery/pkg/runtime/serializer/protobuf`, errNotMarshalable.
  throw notAcceptable(
    `object ${object.kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
  );
}

function messageOf(served: Typed): Buffer {
  let message = messages.get(served);
  if (!message) {
    message = encode(served);
    messages.set(served, message);
  }
  return message;
}

const answer = (status: number, body: Buffer[]): HttpAnswer => ({ status, headers: { 'content-type': protobufMediaType }, body });

/** Answers an object. Throws ApiError 406 when its kind has no protobuf form. */
export const protobufAnswer = (status: number, object: unknown): HttpAnswer =>
  answer(status, protobufEnvelope(object as Typed, [messageOf(object as Typed)]));

/** Answers a list out of its items' messages: every list has its metadata in field 1 and its items in field 2. */
export function protobufList(list: ServedList, head: Typed & { metadata: unknown }): HttpAnswer {
  const parts = [encode(head)];
  for (const { object } of list.items) parts.push(...protobufBlock(2, [messageOf(object)]));
  return answer(200, protobufEnvelope(head, parts));
}

/**
 * One event of a watch: its length in four bytes, the highest first, and a WatchEvent without an envelope around an object with one
 * (`k8s.io/apimachinery/pkg/util/framer`, and the stream serializer of the protobuf media type).
 */
export function protobufFrame(type: string, object: unknown): Buffer {
  const inner = protobufBlock(1, protobufEnvelope(object as Typed, [messageOf(object as Typed)]));
  const parts = [...protobufBlock(1, [Buffer.from(type)]), ...protobufBlock(2, inner)];
  const length = Buffer.alloc(4);
  length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
  return Buffer.concat([length, ...parts]);
}
