import { attribute, Flag, message, NESTED, zeroEnded } from '../netlink/codec.ts';

/*
 * Elements of nftables sets over netlink: linux/netfilter/nf_tables.h, nfnetlink.h. Numbers outside headers are in network order.
 */
const SUBSYSTEM = 10 << 8;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const Message = { NewElement: 12, DeleteElement: 14 } as const;
const List = { Table: 1, Set: 2, Elements: 3, Element: 1 } as const;
const Element = { Key: 1, Data: 2 } as const;
const Data = { Value: 1, Verdict: 2 } as const;
const Verdict = { Code: 1, Chain: 2 } as const;
const NFT_GOTO = -4;
const UNSPECIFIED = 0;
/** linux/netfilter.h: NFPROTO_INET, NFPROTO_IPV4, NFPROTO_ARP, NFPROTO_IPV6. */
export const TableFamily = { inet: 1, ip: 2, arp: 3, ip6: 10 } as const;

export interface SetElement {
  family: keyof typeof TableFamily;
  table: string;
  set: string;
  /** Parts of the key, each padded to whole words as nftables lays them out. */
  key: readonly Buffer[];
  /** Of a verdict map: the chain that it leads to. */
  goto?: string;
}

export type ElementChange = SetElement & { change: 'add' | 'delete' };

/** One transaction: all of it happens, or nothing. Only the elements are acknowledged. */
export function changeElements(changes: readonly ElementChange[]): { batch: Buffer; acknowledged: number } {
  const bodies = changes.map(({ change, family, table, set, ...element }) =>
    message(
      SUBSYSTEM | (change === 'add' ? Message.NewElement : Message.DeleteElement),
      change === 'add' ? Flag.Ack | Flag.Create : Flag.Ack,
      header(TableFamily[family]),
      attribute(List.Table, zeroEnded(table)),
      attribute(List.Set, zeroEnded(set)),
      attribute(List.Elements | NESTED, attribute(List.Element | NESTED, ...bodyOf(element))),
    ),
  );
  const edge = header(UNSPECIFIED, SUBSYSTEM >> 8);
  return { batch: Buffer.concat([message(BATCH_BEGIN, 0, edge), ...bodies, message(BATCH_END, 0, edge)]), acknowledged: changes.length };
}

function bodyOf({ key, goto }: Pick<SetElement, 'key' | 'goto'>): Buffer[] {
  const keys = attribute(Element.Key | NESTED, attribute(Data.Value, ...key.map(words)));
  if (goto === undefined) return [keys];
  const code = Buffer.alloc(4);
  code.writeInt32BE(NFT_GOTO);
  const verdict = [attribute(Verdict.Code, code), attribute(Verdict.Chain, zeroEnded(goto))];
  return [keys, attribute(Element.Data | NESTED, attribute(Data.Verdict | NESTED, ...verdict))];
}

/** nfgenmsg: family, version, resource. */
const header = (family: number, resource = 0): Buffer => Buffer.from([family, 0, resource >> 8, resource & 0xff]);

const words = (part: Buffer): Buffer => Buffer.concat([part], (part.length + 3) & ~3);
