import { attribute, Flag, message, NESTED, zeroEnded } from './codec.ts';

/*
 * nftables over netlink: linux/netfilter/nf_tables.h, nfnetlink.h. Numbers outside headers are in network order.
 */
const SUBSYSTEM = 10 << 8;
const BATCH_BEGIN = 16;
const BATCH_END = 17;
const Message = {
  NewChain: 3,
  DeleteChain: 5,
  NewRule: 6,
  DeleteRule: 8,
  NewSet: 9,
  NewElement: 12,
  DeleteElement: 14,
} as const;
const List = { Table: 1, Set: 2, Elements: 3, SetId: 4, Element: 1 } as const;
const Element = { Key: 1, Data: 2 } as const;
export const Data = { Value: 1, Verdict: 2 } as const;
const Verdict = { Code: 1, Chain: 2 } as const;
const Chain = { Table: 1, Name: 3 } as const;
const Rule = { Table: 1, Chain: 2, Expressions: 4 } as const;
const SetOf = { Table: 1, Name: 2, Flags: 3, KeyType: 4, KeyLength: 5, DataType: 6, DataLength: 7, Size: 9, Id: 10, UserData: 13 } as const;
const NF_DROP = 0;
const NFT_GOTO = -4;
/** NFT_SET_ANONYMOUS, NFT_SET_CONSTANT, NFT_SET_MAP. */
const ANONYMOUS_MAP = 1 | 2 | 8;
const APPEND = 0x800;
const UNSPECIFIED = 0;
/** linux/netfilter.h: NFPROTO_INET, NFPROTO_IPV4, NFPROTO_ARP, NFPROTO_IPV6. */
export const TableFamily = { inet: 1, ip: 2, arp: 3, ip6: 10 } as const;
/** What the kernel makes a name of for an anonymous set. */
const anonymous = zeroEnded('__map%d');

export interface TableRef {
  family: keyof typeof TableFamily;
  table: string;
}

/** Parts of a key or a value, each padded to whole words as nftables lays them out. */
export type Parts = readonly Buffer[];

export interface SetElement {
  key: Parts;
  /** Of a verdict map: the chain that it leads to, or the end of the packet. */
  verdict?: { goto: string } | 'drop';
  /** Of another map. */
  value?: Parts;
}

export type ElementChange = TableRef & SetElement & { change: 'add' | 'delete'; set: string };

/** Changes of elements, those of one set that follow each other in one message. */
export function elementMessages(changes: readonly ElementChange[]): Buffer[] {
  const messages: Buffer[] = [];
  for (let from = 0, to = 0; from < changes.length; from = to) {
    const first = changes[from]!;
    while (to < changes.length && to - from < MOST_ELEMENTS && isAlike(changes[to]!, first)) to++;
    const elements = attribute(List.Elements | NESTED, ...changes.slice(from, to).map(element));
    const type = first.change === 'add' ? Message.NewElement : Message.DeleteElement;
    messages.push(request(type, first, attribute(List.Table, zeroEnded(first.table)), attribute(List.Set, zeroEnded(first.set)), elements));
  }
  return messages;
}

/** An attribute has at most 65,535 bytes. */
const MOST_ELEMENTS = 256;
const isAlike = (a: ElementChange, b: ElementChange): boolean =>
  a.change === b.change && a.set === b.set && a.table === b.table && a.family === b.family;

export const addChain = (of: TableRef, name: string): Buffer =>
  request(Message.NewChain, of, attribute(Chain.Table, zeroEnded(of.table)), attribute(Chain.Name, zeroEnded(name)));

/** Nothing may lead to it any more. */
export const deleteChain = (of: TableRef, name: string): Buffer =>
  request(Message.DeleteChain, of, attribute(Chain.Table, zeroEnded(of.table)), attribute(Chain.Name, zeroEnded(name)));

export const flushChain = (of: TableRef, name: string): Buffer =>
  request(Message.DeleteRule, of, attribute(Rule.Table, zeroEnded(of.table)), attribute(Rule.Chain, zeroEnded(name)));

/** A rule at the end of a chain. */
export const addRule = (of: TableRef, chain: string, expressions: readonly Buffer[]): Buffer =>
  request(
    Message.NewRule,
    of,
    attribute(Rule.Table, zeroEnded(of.table)),
    attribute(Rule.Chain, zeroEnded(chain)),
    attribute(Rule.Expressions | NESTED, ...expressions),
  );

/** One expression of a rule. */
export const expression = (name: string, ...data: readonly Buffer[]): Buffer =>
  attribute(1 | NESTED, attribute(1, zeroEnded(name)), attribute(2 | NESTED, ...data));

export interface AnonymousMap {
  /** Of this transaction: the rule that uses the map names it so. */
  id: number;
  keyType: number;
  keyBytes: number;
  dataType: number;
  dataBytes: number;
  elements: readonly SetElement[];
}

/** A map of one rule, whose keys are numbers in the host's byte order, and its elements. */
export function addMap(of: TableRef, { id, keyType, keyBytes, dataType, dataBytes, elements }: AnonymousMap): Buffer[] {
  const set = request(
    Message.NewSet,
    of,
    attribute(SetOf.Table, zeroEnded(of.table)),
    attribute(SetOf.Name, anonymous),
    attribute(SetOf.Flags, u32be(ANONYMOUS_MAP)),
    attribute(SetOf.KeyType, u32be(keyType)),
    attribute(SetOf.KeyLength, u32be(keyBytes)),
    attribute(SetOf.DataType, u32be(dataType)),
    attribute(SetOf.DataLength, u32be(dataBytes)),
    attribute(SetOf.Id, u32be(id)),
    attribute(SetOf.Size | NESTED, attribute(1, u32be(elements.length))),
    attribute(SetOf.UserData, numbersOfTheHost),
  );
  const filling = request(
    Message.NewElement,
    of,
    attribute(List.Table, zeroEnded(of.table)),
    attribute(List.Set, anonymous),
    attribute(List.SetId, u32be(id)),
    attribute(List.Elements | NESTED, ...elements.map(element)),
  );
  return [set, filling];
}

/** libnftnl/udata.h: the byte orders of keys and values, for who lists the map. */
const numbersOfTheHost = Buffer.from([0, 4, 1, 0, 0, 0, 1, 4, 0, 0, 0, 0, 6, 4, 0, 0, 0, 0]);

/** One transaction: all of it happens, or nothing. */
export function transaction(messages: readonly Buffer[]): Buffer {
  const edge = header(UNSPECIFIED, SUBSYSTEM >> 8);
  return Buffer.concat([message(BATCH_BEGIN, 0, edge), ...messages, message(BATCH_END, 0, edge)]);
}

function element({ key, verdict, value }: SetElement): Buffer {
  const data = verdict ? verdictData(verdict) : value && attribute(Data.Value, ...value.map(words));
  return attribute(
    List.Element | NESTED,
    attribute(Element.Key | NESTED, attribute(Data.Value, ...key.map(words))),
    ...(data ? [attribute(Element.Data | NESTED, data)] : []),
  );
}

function verdictData(verdict: NonNullable<SetElement['verdict']>): Buffer {
  const code = Buffer.alloc(4);
  code.writeInt32BE(verdict === 'drop' ? NF_DROP : NFT_GOTO);
  const chain = verdict === 'drop' ? [] : [attribute(Verdict.Chain, zeroEnded(verdict.goto))];
  return attribute(Data.Verdict | NESTED, attribute(Verdict.Code, code), ...chain);
}

const creating: ReadonlySet<number> = new Set([Message.NewChain, Message.NewRule, Message.NewSet, Message.NewElement]);

/** Each is acknowledged. */
function request(type: number, { family }: TableRef, ...body: readonly Buffer[]): Buffer {
  const flags = Flag.Ack | (creating.has(type) ? Flag.Create : 0) | (type === Message.NewRule ? APPEND : 0);
  return message(SUBSYSTEM | type, flags, header(TableFamily[family]), ...body);
}

/** nfgenmsg: family, version, resource. */
const header = (family: number, resource = 0): Buffer => Buffer.from([family, 0, resource >> 8, resource & 0xff]);

const words = (part: Buffer): Buffer => Buffer.concat([part], (part.length + 3) & ~3);

export const u32be = (number: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};
