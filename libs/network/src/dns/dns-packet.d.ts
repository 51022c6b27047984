// dns-packet has no types of its own; these are the parts that are used here.
declare module 'dns-packet' {
  export interface Question {
    name: string;
    type: string;
    class: string;
  }
  export interface Answer {
    name: string;
    type: string;
    ttl?: number;
    data?: unknown;
    /** OPT only. */
    udpPayloadSize?: number;
    ednsVersion?: number;
  }
  export interface Packet {
    id: number;
    type: 'query' | 'response';
    flags: number;
    opcode: string;
    rcode?: string;
    flag_tc?: boolean;
    flag_rd?: boolean;
    flag_aa?: boolean;
    questions: Question[];
    answers: Answer[];
    authorities: Answer[];
    additionals: Answer[];
  }
  export function decode(buffer: Buffer): Packet;
  export function encode(packet: Partial<Packet>): Buffer;
  export const RECURSION_DESIRED: number;
}
