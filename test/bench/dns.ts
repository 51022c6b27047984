import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '#base';
import type { Row } from './run.ts';

const home = process.env['BERTH_HOME'] ?? '/var/lib/berth';
const node = `${process.env['BERTH_NAME'] ?? 'berth'}-1`;

/** What pods ask of the cluster DNS of one node: services that are there, and the names that a search path makes of those outside. */
const questions = ['kubernetes.default.svc.cluster.local', 'demo.demo.svc.cluster.local'].flatMap((name) => [`${name} A`, `${name} AAAA`]);
const searched = ['default.svc', 'svc', ''].map((part) => `www.example.org.${part ? `${part}.` : ''}cluster.local A`);

/** dnsperf (Debian's package) against the first node's DNS, on the same processors. */
export async function dns(): Promise<Row[]> {
  // It has no --version.
  if ((await runCommand(['sh', '-c', 'command -v dnsperf'])).code !== 0)
    return [{ what: 'DNS of a node', value: 'dnsperf is not installed' }];
  const names = join(tmpdir(), `bench-dns-${process.pid}`);
  writeFileSync(names, [...questions, ...searched].join('\n') + '\n');
  const enter = ['nsenter', `--net=${home}/nodes/${node}/ns/net`, '--'];
  const run = (seconds: string) =>
    runCommand([...enter, 'dnsperf', '-s', '10.96.0.10', '-d', names, '-l', seconds, '-c', '8', '-q', '100'] as never);
  await run('2'); // warm
  const { stdout, stderr } = await run('10');
  const figure = (label: string): number => Number(new RegExp(`${label}:?\\s+([\\d.]+)`).exec(stdout)?.[1] ?? Number.NaN);
  if (Number.isNaN(figure('Queries per second'))) throw new Error(`dnsperf: ${stderr}${stdout}`);
  const latency = (figure('Average Latency \\(s\\)') * 1000).toFixed(1);
  return [
    {
      what: 'DNS of a node',
      value: `${figure('Queries per second').toFixed(0)}/s, ${latency} ms on average, ${figure('Queries lost')} lost`,
    },
  ];
}
