import type { KubeObject } from '#api';
import type { ServedObject } from '../contract.ts';

/** An object as the store keeps it: JSON with `apiVersion`, `kind` and `metadata` first, and without `resourceVersion`. */
export function storedText(object: KubeObject): string {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return JSON.stringify({ kind, apiVersion, metadata: meta, ...rest });
}

/** What a write answers: the object at its new revision. Its bytes are made when somebody asks for them, out of the text that was stored. */
export class WrittenObject implements ServedObject {
  readonly object: KubeObject;
  private made: Buffer | undefined;

  constructor(
    object: KubeObject,
    readonly revision: number,
    private readonly text?: string,
  ) {
    const resourceVersion = revision > 0 ? String(revision) : undefined;
    this.object = { ...object, metadata: { ...object.metadata, resourceVersion } };
  }

  get bytes(): Buffer {
    this.made ??= Buffer.from(this.text === undefined ? JSON.stringify(this.object) : withRevision(this.text, this.revision));
    return this.made;
  }
}

/** `storedText` puts metadata before anything that a client named, so its first occurrence is the object's own. */
const metadataHead = '"metadata":{';

function withRevision(text: string, revision: number): string {
  const at = text.indexOf(metadataHead) + metadataHead.length;
  const rest = text[at] === '}' ? '' : ',';
  return `${text.slice(0, at)}"resourceVersion":"${revision}"${rest}${text.slice(at)}`;
}
