import { attribute, Flag, message, NESTED, zeroEnded } from '../netlink/codec.ts';

/*
 * Elements of nftables sets over netlink: linux/netfilter/nf_tables.h, nfnetlink.h. Numbers outside headers are in network order.
 */
const SUBSYSTEM = 10 << 8;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const Message = { NewElement: 12, DeleteElement: 14 } as const;
const List = { Table: 1, Set: 2, Elements: 3, Element: 1 } as const;
const ELEMENT_KEY = 1;
const DATA_VALUE = 1;
const UNSPECIFIED = 0;
/** linux/netfilter.h: NFPROTO_INET and NFPROTO_ARP. */
export const TableFamily = { inet: 1, arp: 3 } as const;

export interface SetElement {
  family: keyof typeof TableFamily;
  table: string;
  set: string;
  /** Parts of the key, each padded to whole words as nftables lays them out. */
  key: readonly Buffer[];
}

/** One transaction: all of it happens, or nothing. Only the elements are acknowledged. */
export function changeElements(change: 'add' | 'delete', elements: readonly SetElement[]): { batch: Buffer; acknowledged: number } {
  const type = SUBSYSTEM | (change === 'add' ? Message.NewElement : Message.DeleteElement);
  const flags = change === 'add' ? Flag.Ack | Flag.Create : Flag.Ack;
  const bodies = elements.map(({ family, table, set, key }) =>
    message(
      type,
      flags,
      header(TableFamily[family]),
      attribute(List.Table, zeroEnded(table)),
      attribute(List.Set, zeroEnded(set)),
      attribute(
        List.Elements | NESTED,
        attribute(List.Element | NESTED, attribute(ELEMENT_KEY | NESTED, attribute(DATA_VALUE, ...key.map(words)))),
      ),
    ),
  );
  const edge = header(UNSPECIFIED, SUBSYSTEM >> 8);
  return { batch: Buffer.concat([message(BATCH_BEGIN, 0, edge), ...bodies, message(BATCH_END, 0, edge)]), acknowledged: elements.length };
}

/** nfgenmsg: family, version, resource. */
const header = (family: number, resource = 0): Buffer => Buffer.from([family, 0, resource >> 8, resource & 0xff]);

const words = (part: Buffer): Buffer => Buffer.concat([part], (part.length + 3) & ~3);
