import { execFileSync } from 'node:child_process';
import type { NetworkPolicy } from '#api/types';
import { createPolicyTables, type PolicyPod, type PolicyWorld, runnerIn } from '#network';
import { silentLogger } from '#telemetry';
import { percentile } from './api.ts';
import type { Row } from './run.ts';

const pods = 1_000;
const policies = 100;
const namespaces = 20;
const onNode = 100;
const rounds = 30;

/** One node's tables of 100 policies, all of which select pods of the node and choose among 1,000 pods, in a network namespace of its own. */
export async function policyProgramming(): Promise<Row[]> {
  const name = `berth-bench-${process.pid}`;
  execFileSync('ip', ['netns', 'add', name]);
  try {
    return await measure(`/run/netns/${name}`);
  } finally {
    execFileSync('ip', ['netns', 'del', name]);
  }
}

async function measure(netns: string): Promise<Row[]> {
  const tables = createPolicyTables({
    table: 'bench',
    podCidrs: ['10.244.0.0/16', 'fd00:10:244::/64'],
    clusterDns: [],
    logger: silentLogger,
    runner: runnerIn(netns),
    netns,
  });
  const whole = world(0);
  const took = async (next: PolicyWorld): Promise<number> => {
    const started = performance.now();
    await tables.apply(next);
    return performance.now() - started;
  };
  const none = { ...whole, policies: [], pods: whole.local };
  await tables.apply(none);
  const [gone, come]: [number[], number[]] = [[], []];
  for (let i = 0; i < rounds; i++) {
    gone.push(await took({ ...none, local: none.local.slice(1) }));
    come.push(await took(none));
  }
  const rows: Row[] = [{ what: `${policies} policies, ${pods} pods: all of it`, value: `${(await took(whole)).toFixed(0)} ms` }];
  for (const [what, times] of [
    ['goes', gone],
    ['comes', come],
  ] as const)
    rows.unshift({ what: `without policies: a pod of the node ${what}`, value: `p50 ${percentile(times, 50).toFixed(1)} ms` });
  const changes: [string, (i: number) => PolicyWorld][] = [
    ['a pod gets another label', (i) => withPod(whole, 500, { app: i % 2 === 0 ? 'other' : 'app-0' })],
    ['a pod of the node comes or goes', (i) => ({ ...whole, local: i % 2 === 0 ? whole.local.slice(1) : whole.local })],
    ['a policy changes', (i) => ({ ...whole, policies: [policy(0, 9_000 + i), ...whole.policies.slice(1)] })],
    ['a namespace gets another label', (i) => ({ ...whole, namespaces: world(i % 2).namespaces })],
    ['nothing changes', () => whole],
  ];
  for (const [what, change] of changes) {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) times.push(await took(change(i)));
    await tables.apply(whole);
    rows.push({ what, value: `p50 ${percentile(times, 50).toFixed(1)} ms, p99 ${percentile(times, 99).toFixed(1)} ms` });
  }
  return rows;
}

function world(team: number): PolicyWorld {
  const all = Array.from(
    { length: pods },
    (_, i): PolicyPod => ({
      namespace: `ns-${i % namespaces}`,
      labels: { app: `app-${Math.floor(i / namespaces) % 5}`, 'pod-template-hash': '5d4f6c7b8' },
      ips: [`10.244.${Math.floor(i / 250)}.${(i % 250) + 2}`, `fd00:10:244::${(i + 2).toString(16)}`],
      ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
    }),
  );
  return {
    policies: Array.from({ length: policies }, (_, i) => policy(i, 8_080)),
    namespaces: Array.from({ length: namespaces }, (_, i) => ({ name: `ns-${i}`, labels: { team: `team-${(i + team) % 4}` } })),
    pods: all,
    local: all.slice(0, onNode),
  };
}

/** Each of other pods of its namespace, of the pods of a team (a quarter of all) and of a range, by port and by the name of one. */
function policy(i: number, port: number): NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${i}`, namespace: `ns-${i % namespaces}` },
    spec: {
      podSelector: { matchLabels: { app: `app-${Math.floor(i / namespaces)}` } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [{ podSelector: { matchLabels: { app: `app-${i % 5}` } } }], ports: [{ port, endPort: port + 10 }] },
        { from: [{ namespaceSelector: { matchLabels: { team: `team-${i % 4}` } } }], ports: [{ port: 'http' }] },
        { from: [{ ipBlock: { cidr: '192.0.2.0/24', except: [`192.0.2.${i}/32`] } }] },
      ],
    },
  };
}

function withPod(given: PolicyWorld, index: number, labels: Record<string, string>): PolicyWorld {
  return { ...given, pods: given.pods.map((pod, i) => (i === index ? { ...pod, labels } : pod)) };
}
