import { type KubeObject, type ProtobufEncoder, requestEntityTooLarge } from '#api';

/** What etcd takes in one request by default (`--max-request-bytes`). */
export const MAX_OBJECT_BYTES = 1.5 * 1024 * 1024;

/**
 * Refuses an object that upstream's store would not take. It is measured as upstream stores it, in its protobuf form: neither base64 nor
 * escapes nor a seal count against a client. `text` is the object as JSON, which is never shorter by much. Throws ApiError 413.
 */
export function checkSize(encoder: ProtobufEncoder, object: KubeObject, text: string): void {
  // A UTF-16 unit is at most 3 bytes of UTF-8: only long texts need measuring.
  if (text.length * 3 <= MAX_OBJECT_BYTES) return;
  const bytes = encoder.message(object)?.length ?? Buffer.byteLength(text);
  if (bytes > MAX_OBJECT_BYTES)
    throw requestEntityTooLarge(`Request entity too large: the object takes ${bytes} bytes, limit is ${MAX_OBJECT_BYTES}`);
}
