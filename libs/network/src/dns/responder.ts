import { decode, encode, type Packet, RECURSION_DESIRED } from 'dns-packet';
import type { Random } from '#base';
import type { Transport, Upstream } from './upstream.ts';
import { type DnsRecord, encodeResponse, type Message } from './wire.ts';
import type { CachedAnswer, WireCache } from './wire-cache.ts';
import { type Answer, Rcode } from './zone.ts';

const PLAIN_UDP_BYTES = 512; // RFC 1035 §4.2.1
/** Clients may announce more. What is larger is cut short here, and asked for again by TCP. */
const MAX_UDP_BYTES = 4096;
const TCP_BYTES = 65_535;
/** What an alias is asked for by those who want to connect. */
const CHASED_TYPES = new Set(['A', 'AAAA']);

/** Turns one request into one response. Says nothing to what is not a query. */
export class Responder {
  constructor(
    /** What is known here; undefined for what others are asked about. */
    private readonly answersTo: (name: string, type: string) => Answer | undefined,
    private readonly upstream: Pick<Upstream, 'ask'>,
    private readonly options: { random: Random /** Keeps answers by UDP that are the zone's own. */; cache?: WireCache },
  ) {}

  async respond(request: Buffer, transport: Transport): Promise<CachedAnswer | undefined> {
    // A response, or less than a header: answering it could make two servers talk for ever.
    if (request.length < 12 || (request[2]! & 0x80) !== 0) return undefined;
    const packet = decodeRequest(request);
    if (!packet) return this.failed(request, Rcode.FormErr);
    if ((request[2]! & 0x78) !== 0) return this.failed(request, Rcode.NotImp);
    const [question] = packet.questions;
    if (!question || packet.questions.length !== 1) return this.failed(request, Rcode.FormErr);
    const opt = packet.additionals.find(({ type }) => type === 'OPT');
    const frame = {
      packet,
      question,
      typeCode: typeCodeOf(request),
      edns: opt !== undefined,
      limit: limitOf(transport, opt?.udpPayloadSize),
    };
    if (opt?.ednsVersion) return { response: encodeFor(frame, empty(Rcode.BadVers)), type: question.type, rcode: Rcode.BadVers };
    if (question.class !== 'IN') return { response: encodeFor(frame, empty(Rcode.Refused)), type: question.type, rcode: Rcode.Refused };

    const { random, cache } = this.options;
    const make = (): Answer | undefined => this.answersTo(question.name, question.type);
    const { made: answer, readings } = cache ? cache.noting(make) : { made: make(), readings: [] };
    if (!answer) return this.forward(request, transport, frame);
    const isChased = answer.chase !== undefined && CHASED_TYPES.has(question.type);
    if (isChased) answer.answers.push(...(await this.addressesOf(answer.chase!, question.type)));
    shuffle(answer.answers, random);
    const result = { response: encodeFor(frame, answer), type: question.type, rcode: answer.rcode };
    // What upstream said may be another thing in a moment.
    if (transport === 'udp' && !isChased) cache?.put(request, result, { readings, hasOrders: answer.answers.filter(isMovable).length > 1 });
    return result;
  }

  private async forward(request: Buffer, transport: Transport, frame: Frame): Promise<CachedAnswer> {
    const { type } = frame.question;
    const response = await this.upstream.ask(request, transport);
    if (response) return { response, type, rcode: response[3]! & 15 };
    const failed: Message = { ...messageOf(frame, empty(Rcode.ServFail)), authoritative: false };
    return { response: encodeResponse(failed, frame.limit), type, rcode: Rcode.ServFail };
  }

  /** Where an ExternalName leads, so that the client need not ask again. Nothing when upstream does not know. */
  private async addressesOf(name: string, type: string): Promise<DnsRecord[]> {
    const query = encode({ type: 'query', id: 0, flags: RECURSION_DESIRED, questions: [{ name, type, class: 'IN' }] });
    const response = (await this.upstream.ask(query, 'udp')) ?? Buffer.alloc(0);
    return (decodeRequest(response)?.answers ?? []).flatMap((record) => {
      const { name, ttl = 0, data } = record;
      const known = record.type === 'CNAME' || record.type === 'A' || record.type === 'AAAA';
      return known && typeof data === 'string' ? [{ name, ttl, type: record.type, data } as DnsRecord] : [];
    });
  }

  private failed(request: Buffer, rcode: number): CachedAnswer {
    const message = { ...empty(rcode), id: request.readUInt16BE(0), authoritative: false, edns: false, question: undefined };
    return { response: encodeResponse({ ...message, recursionDesired: (request[2]! & 1) !== 0 }, PLAIN_UDP_BYTES), type: 'other', rcode };
  }
}

interface Frame {
  packet: Packet;
  question: Packet['questions'][number];
  typeCode: number;
  edns: boolean;
  limit: number;
}

const empty = (rcode: number): Answer => ({ rcode, answers: [], authorities: [], additionals: [] });

const encodeFor = (frame: Frame, answer: Answer): Buffer => encodeResponse(messageOf(frame, answer), frame.limit);

function messageOf({ packet, question, typeCode, edns }: Frame, answer: Answer): Message {
  return {
    ...answer,
    id: packet.id,
    authoritative: true,
    recursionDesired: packet.flag_rd ?? false,
    question: { name: question.name, typeCode },
    edns,
  };
}

function decodeRequest(bytes: Buffer): Packet | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined; // malformed: the caller answers FORMERR
  }
}

/** The type's number as it came, for types without a name here. */
function typeCodeOf(request: Buffer): number {
  let at = 12;
  while (at < request.length && request[at] !== 0) at += request[at]! + 1;
  return at + 3 <= request.length ? request.readUInt16BE(at + 1) : 0;
}

/** RFC 6891 §6.2.3: less than 512 counts as 512. */
function limitOf(transport: Transport, announced: number | undefined): number {
  if (transport === 'tcp') return TCP_BYTES;
  return Math.min(MAX_UDP_BYTES, Math.max(PLAIN_UDP_BYTES, announced ?? 0));
}

/** Addresses in a new order each time, so that clients which take the first spread; aliases stay in front. */
function shuffle(answers: DnsRecord[], random: Random): void {
  for (let i = answers.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    if (isMovable(answers[i]!) && isMovable(answers[j]!)) [answers[i], answers[j]] = [answers[j]!, answers[i]!];
  }
}

const isMovable = ({ type }: DnsRecord): boolean => type !== 'CNAME';
