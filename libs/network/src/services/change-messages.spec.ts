import fc from 'fast-check';
import type { ServiceRoute } from '../contract.ts';
import { type AddressFamily, ipv4, ipv6 } from '../family.ts';
import { TableSocket } from '../netlink/table-socket.ts';
import { must, runnerIn } from '../runner.ts';
import { Namespaces } from '../testing/namespaces.ts';
import { endpoint, route } from '../testing/routes.ts';
import { renderBase } from './base-table.ts';
import { changeMessages } from './change-messages.ts';
import { emptyRuleset, renderChange, type Ruleset } from './ruleset.ts';
import { serviceRules } from './service-rules.ts';

const table = 'told';
const ranges = {
  [ipv4.name]: { family: ipv4, clusterCidr: '10.244.0.0/16', serviceCidrs: ['10.96.0.0/16'] },
  [ipv6.name]: { family: ipv6, clusterCidr: 'fd00:10:244::/56', serviceCidrs: ['fd00:10:96::/112'] },
};

/** A service by its number: how many endpoints it has, on this node and elsewhere. */
function service(
  family: AddressFamily,
  number: number,
  { near, far, protocol }: { near: number; far: number; protocol: 'TCP' | 'UDP' },
): ServiceRoute {
  const [own, other] = family === ipv4 ? ['10.244.1.', '10.244.2.'] : ['fd00:10:244:1::', 'fd00:10:244:2::'];
  const at = (prefix: string, count: number, place = ''): ServiceRoute['endpoints'] =>
    Array.from({ length: count }, (_, i) => endpoint(`[${prefix}${number * 10 + i + 1}]:8080${place}`));
  return route(`default/s${number}`, {
    protocol,
    clusterIps: [family === ipv4 ? `10.96.0.${20 + number}` : `fd00:10:96::${20 + number}`],
    endpoints: [...at(own!, near), ...at(other!, far, ' away')],
  });
}
const some = fc.record({ near: fc.nat(2), far: fc.nat(2), protocol: fc.constantFrom('TCP' as const, 'UDP' as const) });
const cluster = fc.array(fc.option(some, { nil: undefined }), { maxLength: 4 });

describe('a change of services in messages', () => {
  let namespaces: Namespaces;
  beforeAll(() => {
    namespaces = new Namespaces();
  });
  afterAll(() => namespaces.destroy());

  it.each([ipv4, ipv6])('leaves the kernel with what nft would have made of it: $name', async (family) => {
    const of = ranges[family.name]!;
    const path = namespaces.add(`told-${family.nft}`);
    const runner = runnerIn(path);
    const socket = new TableSocket(path);
    const [byMessages, byNft] = [`${family.nft} ${table}`, `${family.nft} written`];
    const nft = (text: string): Promise<string> => must(runner, ['nft', '-f', '-'], text);
    await nft(renderBase({ ...of, table: byMessages }) + renderBase({ ...of, table: byNft }));
    const listed = async (name: string): Promise<string> => {
      const text = await must(runner, ['nft', '-nn', 'list', 'table', ...name.split(' ')]);
      // Sets are listed in no order.
      const parts = text
        .replace(/^table .*/, '')
        .replaceAll('elements = {', '')
        .split(/[,\n]/);
      return parts
        .map((part) => part.replace(/ \}$/, '').trim())
        .toSorted()
        .join('\n');
    };
    let present: Ruleset = emptyRuleset();
    const first = serviceRules([], [], of);
    await nft(renderChange(byMessages, present, first) + renderChange(byNft, present, first));
    present = first;
    await fc.assert(
      fc.asyncProperty(cluster, async (services) => {
        const routes = services.flatMap((each, i) => (each ? [service(family, i, each)] : []));
        const next = serviceRules(routes, [], of);
        const messages = changeMessages(present, next, { family, table });
        expect(messages).toBeDefined();
        expect(await socket.change(messages!)).toBe(0);
        await nft(renderChange(byNft, present, next));
        present = next;
        expect(await listed(byMessages)).toBe(await listed(byNft));
      }),
      { numRuns: 25, endOnFailure: true },
    );
    socket.close();
  });

  it('that is refused changes nothing, and the next one is told its own answer', async () => {
    const path = namespaces.add('told-refused');
    const runner = runnerIn(path);
    const socket = new TableSocket(path);
    const of = ranges[ipv4.name]!;
    await must(runner, ['nft', '-f', '-'], renderBase({ ...of, table: `ip ${table}` }));
    const present = serviceRules([], [], of);
    const next = serviceRules([service(ipv4, 1, { near: 2, far: 0, protocol: 'TCP' })], [], of);
    const whole = (): Promise<string> => must(runner, ['nft', 'list', 'ruleset']);
    const before = await whole();
    const back = changeMessages(next, present, { family: ipv4, table })!;
    expect(await socket.change(back)).not.toBe(0); // what it takes away is not there
    expect(await whole()).toBe(before);
    expect(await socket.change(changeMessages(present, next, { family: ipv4, table })!)).toBe(0);
    expect(await socket.change(back)).toBe(0);
    expect(await whole()).toBe(before);
    socket.close();
  });

  it.each<[string, Partial<ServiceRoute>]>([
    ['with affinity', { affinitySeconds: 60 }],
    ['with a port of the nodes', { nodePort: 30080 }],
  ])('%s is left to nft', (_name, more) => {
    const of = ranges[ipv4.name]!;
    const routes = [route('default/web', { endpoints: [endpoint('10.244.1.2:80'), endpoint('10.244.1.3:80')], ...more })];
    expect(changeMessages(serviceRules([], [], of), serviceRules(routes, [], of), { family: ipv4, table })).toBeUndefined();
  });
});
