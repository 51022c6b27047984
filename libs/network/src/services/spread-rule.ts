import { attribute, NESTED, u32 } from '../netlink/codec.ts';
import { addMap, addRule, Data, expression, type TableRef, u32be } from '../netlink/table-messages.ts';
import { type AddressFamily, ipBytes } from '../family.ts';

export interface SpreadTarget {
  ip: string;
  port: number;
}

/** The rule by which connections of a service are spread: the one that changes with every pod, so the kernel is told of it without `nft`. */
export interface SpreadRule {
  protocol: string;
  targets: readonly SpreadTarget[];
  /** As `nft` reads it. */
  text: string;
}

/** What `nft` reads, or a rule that can be told in messages as well. */
export type Rule = string | SpreadRule;

export const textOf = (rule: Rule): string => (typeof rule === 'string' ? rule : rule.text);

export function spreadRule(protocol: string, targets: readonly SpreadTarget[], family: AddressFamily): SpreadRule {
  const [only] = targets;
  const to =
    targets.length === 1 && only
      ? family.socket(only.ip, only.port)
      : `numgen random mod ${targets.length} map { ${targets.map(({ ip, port }, i) => `${i} : ${ip} . ${port}`).join(', ')} }`;
  return { protocol, targets, text: `meta l4proto ${protocol} dnat ${family.nft} to ${to}` };
}

/** IPPROTO_*. */
export const protocolNumbers: ReadonlyMap<string, number> = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['sctp', 132],
]);

export const portBytes = (port: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(port);
  return bytes;
};

/** linux/netfilter/nf_tables.h; registers of four bytes begin with 8, where the first of sixteen does. */
const REGISTER = 1;
const WORD_REGISTERS = 8;
const META_L4PROTO = 16;
const CMP_EQ = 0;
const NG_RANDOM = 1;
const NAT_DNAT = 1;
/** NF_NAT_RANGE_PROTO_SPECIFIED. */
const PORT_GIVEN = 2;
/** nftables' datatype.h: TYPE_INTEGER, TYPE_IPADDR, TYPE_IP6ADDR, TYPE_INET_SERVICE; a concatenation has six bits for each. */
const INTEGER = 4;
const SERVICE = 13;
const addressType = { ip: 7, ip6: 8 } as const;

/** The same rule as messages; `mapId` is of this transaction alone. */
export function spreadMessages(of: TableRef & { chain: string }, { protocol, targets }: SpreadRule, mapId: number): Buffer[] {
  const nft = of.family === 'ip6' ? 'ip6' : 'ip';
  const addressBytes = nft === 'ip' ? 4 : 16;
  const value = (bytes: Buffer): Buffer => attribute(Data.Value, bytes);
  const match = [
    expression('meta', attribute(2, u32be(META_L4PROTO)), attribute(1, u32be(REGISTER))),
    expression(
      'cmp',
      attribute(1, u32be(REGISTER)),
      attribute(2, u32be(CMP_EQ)),
      attribute(3 | NESTED, value(Buffer.from([protocolNumbers.get(protocol) ?? 0]))),
    ),
  ];
  const nat = (portRegister: number, flags: readonly Buffer[]): Buffer =>
    expression(
      'nat',
      attribute(1, u32be(NAT_DNAT)),
      attribute(2, u32be(nft === 'ip' ? 2 : 10)),
      attribute(3, u32be(REGISTER)),
      attribute(5, u32be(portRegister)),
      ...flags,
    );
  const [only] = targets;
  if (targets.length === 1 && only) {
    const immediate = (register: number, bytes: Buffer): Buffer =>
      expression('immediate', attribute(1, u32be(register)), attribute(2 | NESTED, value(bytes)));
    const registers = [immediate(REGISTER, ipBytes(only.ip)), immediate(REGISTER + 1, portBytes(only.port))];
    return [addRule(of, of.chain, [...match, ...registers, nat(REGISTER + 1, [attribute(7, u32be(PORT_GIVEN))])])];
  }
  const map = addMap(of, {
    id: mapId,
    keyType: INTEGER,
    keyBytes: 4,
    dataType: (addressType[nft] << 6) | SERVICE,
    dataBytes: addressBytes + 4,
    elements: targets.map(({ ip, port }, i) => ({ key: [u32(i)], value: [ipBytes(ip), portBytes(port)] })),
  });
  const draw = expression(
    'numgen',
    attribute(1, u32be(REGISTER)),
    attribute(2, u32be(targets.length)),
    attribute(3, u32be(NG_RANDOM)),
    attribute(4, u32be(0)),
  );
  const lookUp = expression(
    'lookup',
    attribute(2, u32be(REGISTER)),
    attribute(3, u32be(REGISTER)),
    attribute(1, Buffer.from('__map%d\0')),
    attribute(4, u32be(mapId)),
  );
  // The port lies behind the address, in registers of four bytes; where that is the second of sixteen it has that one's number.
  const portRegister = nft === 'ip' ? WORD_REGISTERS + 1 : REGISTER + 1;
  return [...map, addRule(of, of.chain, [...match, draw, lookUp, nat(portRegister, [])])];
}
