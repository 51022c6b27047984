import { apiVersionOf, protobufMediaType } from '#api';
import type { Column } from '#kinds/contract';
import { subresourceOf } from '../catalog/subresources.ts';
import type { HttpAnswer, ServedKind, ServedList, ServedObject } from '../contract.ts';
import type { Format } from '../request/negotiate.ts';
import { partialMetadata, partialMetadataList } from '../table/partial-metadata.ts';
import { tableOf } from '../table/table.ts';
import type { Admitted } from './call.ts';
import { bytesAnswer, jsonAnswer } from './render.ts';

/** How one request wants what it gets. */
export interface Shown {
  admitted: Admitted;
  format: Format;
  now: Date;
}

/** One object: as it is, as a table of one row, or its metadata alone. */
export function presentObject(status: number, kind: ServedKind, served: ServedObject, shown: Shown): HttpAnswer {
  switch (shown.format.as) {
    case 'object':
      if (shown.format.mediaType === protobufMediaType) return jsonAnswer(status, served.object, shown);
      return bytesAnswer(status, served.bytes, shown);
    case 'Table':
      return jsonAnswer(
        status,
        tableOf(kind, [served], { ...shown, list: served.object.metadata, columns: ownColumns(kind, shown.admitted) }),
        shown,
      );
    default:
      return jsonAnswer(status, partialMetadata(served.object, shown.format), shown);
  }
}

/** A projection has columns of its own. */
function ownColumns({ definition }: ServedKind, { info }: Admitted): readonly Column<never>[] | undefined {
  const subresource = subresourceOf(definition, info.subresource);
  return subresource?.do === 'projection' ? subresource.columns : undefined;
}

/** A list: its items' bytes one after the other, or what was asked for instead. */
export function presentList(kind: ServedKind, list: ServedList, shown: Shown): HttpAnswer {
  switch (shown.format.as) {
    case 'object':
      if (shown.format.mediaType === protobufMediaType)
        return shown.admitted.protobuf.list(list, { ...listType(kind), metadata: listMeta(list) });
      return bytesAnswer(200, listParts(kind, list), shown);
    case 'Table':
      return jsonAnswer(200, tableOf(kind, list.items, { ...shown, list: listMeta(list) }), shown);
    default:
      return jsonAnswer(200, partialMetadataList(list.items, listMeta(list), shown.format), shown);
  }
}

interface ListMeta {
  resourceVersion?: string;
  continue?: string;
  remainingItemCount?: number;
}

/** meta/v1 ListMeta: what is absent is left out, since clients page for as long as there is a `continue`. */
export const listMeta = (list: ServedList): ListMeta => ({
  ...(list.resourceVersion && { resourceVersion: list.resourceVersion }),
  ...(list.continue && { continue: list.continue }),
  ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
});

const listType = ({ gvk }: ServedKind): { kind: string; apiVersion: string } => ({
  kind: `${gvk.kind}List`,
  apiVersion: apiVersionOf(gvk),
});
const comma = Buffer.from(',');
const end = Buffer.from(']}');

/** Glued once, where they are sent. */
function listParts(kind: ServedKind, list: ServedList): Buffer[] {
  const head = `${JSON.stringify({ ...listType(kind), metadata: listMeta(list) }).slice(0, -1)},"items":[`;
  const parts: Buffer[] = [Buffer.from(head)];
  list.items.forEach((item, i) => {
    if (i > 0) parts.push(comma);
    parts.push(item.bytes);
  });
  parts.push(end);
  return parts;
}
