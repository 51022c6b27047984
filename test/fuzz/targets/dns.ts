import { encode, RECURSION_DESIRED } from 'dns-packet';
import type { Random } from '#base';
import { seededRandom } from '#base/testing';
import { answerFrom, Responder, type Zone } from '#network/testing';
import type { Target } from '../contract.ts';
import { mutated, oneOf, sizeUpTo } from '../inputs/bytes.ts';

const zone: Zone = {
  domain: 'cluster.local',
  addresses: ['10.96.0.10'],
  records: {
    service: (namespace, name) =>
      namespace === 'default' && name === 'web' ? { clusterIps: ['10.96.0.5'], headless: false, ports: [], endpoints: [] } : undefined,
    namespaceExists: (namespace) => namespace === 'default',
    reverse: () => undefined,
  },
};
const names = [
  'web.default.svc.cluster.local',
  'cluster.local',
  '.',
  'a'.repeat(63),
  '_http._tcp.web.default.svc.cluster.local',
  '5.0.96.10.in-addr.arpa',
  '1.ip6.arpa',
  'example.org',
  '10-0-0-1.default.pod.cluster.local',
]; // prettier-ignore
const types = ['A', 'AAAA', 'SRV', 'PTR', 'ANY', 'TXT', 'NS', 'SOA', 'OPT', 'AXFR'] as const;

/** Packets that any pod can send to the cluster's name server. */
export const dns: Target<Buffer> = {
  name: 'dns',
  share: 3,
  async open() {
    const responder = new Responder(
      (name, type) => answerFrom(zone, name, type),
      { ask: async () => undefined },
      { random: seededRandom(1) },
    );
    return {
      make: packet,
      show: (bytes) => bytes.toString('hex').slice(0, 600),
      async feed(request) {
        const answer = await responder.respond(request, request[0]! % 2 ? 'udp' : 'tcp');
        if (!answer) return undefined;
        if (answer.response.length > 65_535) return `an answer of ${answer.response.length} bytes`;
        if (!answer.response.subarray(0, 2).equals(request.subarray(0, 2))) return 'an answer to another question';
        return undefined;
      },
      close: async () => {},
    };
  },
};

function packet(random: Random): Buffer {
  const questions = Array.from({ length: oneOf(random, [1, 1, 1, 1, 0, 2, sizeUpTo(random, 500)]) }, () => ({
    name: oneOf(random, names),
    type: oneOf(random, types),
    class: oneOf(random, ['IN', 'CH', 'ANY'] as const),
  }));
  const bytes = encode({
    type: oneOf(random, ['query', 'response'] as const),
    id: random.below(65_536),
    flags: RECURSION_DESIRED,
    questions: questions as never,
  });
  return random.below(3) > 0 ? mutated(bytes, random) : random.below(10) === 0 ? random.bytes(sizeUpTo(random, 600)) : bytes;
}
