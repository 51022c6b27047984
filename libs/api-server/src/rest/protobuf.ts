import { notAcceptable, notMarshalable, protobufBlock, type ProtobufEncoder, protobufEnvelope, protobufMediaType } from '#api';
import type { HttpAnswer, KindCatalog, ServedList } from '../contract.ts';

interface Typed {
  apiVersion: string;
  kind: string;
}

/** Answers in protobuf, over the types that are served. Throws ApiError 406 for a kind that has no such form. */
export class ProtobufAnswers {
  /** Objects that are served never change: each is encoded once, for all who ask, until its kind is served otherwise. */
  private messages = new WeakMap<object, Buffer>();

  constructor(
    kinds: Pick<KindCatalog, 'onChange'>,
    private readonly encoder: ProtobufEncoder,
  ) {
    kinds.onChange(() => (this.messages = new WeakMap()));
  }

  object(status: number, object: unknown): HttpAnswer {
    return answer(status, protobufEnvelope(object as Typed, [this.messageOf(object as Typed)]));
  }

  /** Out of the items' messages: every list has its metadata in field 1 and its items in field 2. */
  list(list: ServedList, head: Typed & { metadata: unknown }): HttpAnswer {
    const parts = [this.encode(head)];
    for (const { object } of list.items) parts.push(...protobufBlock(2, [this.messageOf(object)]));
    return answer(200, protobufEnvelope(head, parts));
  }

  /**
   * One event of a watch: its length in four bytes, the highest first, and a WatchEvent without an envelope around an object with one
   * (`k8s.io/apimachinery/pkg/util/framer`, and the stream serializer of the protobuf media type).
   */
  frame(type: string, object: unknown): Buffer {
    const inner = protobufBlock(1, protobufEnvelope(object as Typed, [this.messageOf(object as Typed)]));
    const parts = [...protobufBlock(1, [Buffer.from(type)]), ...protobufBlock(2, inner)];
    const length = Buffer.alloc(4);
    length.writeUInt32BE(parts.reduce((sum, part) => sum + part.length, 0));
    return Buffer.concat([length, ...parts]);
  }

  private messageOf(served: Typed): Buffer {
    let message = this.messages.get(served);
    if (!message) {
      message = this.encode(served);
      this.messages.set(served, message);
    }
    return message;
  }

  private encode(object: Typed): Buffer {
    // The two versions of meta.k8s.io have one form.
    const one = object.apiVersion === 'meta.k8s.io/v1beta1' ? { ...object, apiVersion: 'meta.k8s.io/v1' } : object;
    const message = this.encoder.message(one);
    if (!message) throw notAcceptable(notMarshalable(object.kind));
    return message;
  }
}

const answer = (status: number, body: Buffer[]): HttpAnswer => ({ status, headers: { 'content-type': protobufMediaType }, body });
