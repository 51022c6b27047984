import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '#base';
import { createAuthority } from '#pki';
import { api, home, image, namespace, until, withNamespace } from './api.ts';
import type { Row } from './run.ts';

const offset = Number(process.env.BERTH_PORT_OFFSET ?? 0);
const [httpPort, httpsPort, barePort, bareTlsPort] = [80 + offset, 443 + offset, 18_080, 18_443];
const host = 'bench.example.com';
const measured = { connections: 32, seconds: 6, turns: 3 };

/**
 * Requests a second and p99 with connections that are kept: to a pod directly, through HAProxy with nothing but this one pod in its
 * configuration, and through the ingress of the pod's node, all on that node and by the same client (Debian's `wrk`). Best of some turns.
 */
export async function ingress(): Promise<Row[]> {
  return withNamespace(async () => {
    const pod = await startPod();
    await serve();
    const address = (await api('GET', `/api/v1/nodes/${pod.node}`)).status.addresses[0].address as string;
    const inNode: Command = ['nsenter', `--net=${join(home, 'nodes', pod.node, 'ns/net')}`, '--'];
    await untilServed(inNode, address);
    const bare = await startBare(inNode, address, pod.ip);
    try {
      const direct = await load(inNode, `http://${pod.ip}:8080/`);
      const plain = await load(inNode, `http://${address}:${barePort}/`);
      const own = await load(inNode, `http://${address}:${httpPort}/`);
      const plainTls = await load(inNode, `https://${address}:${bareTlsPort}/`);
      const ownTls = await load(inNode, `https://${address}:${httpsPort}/`);
      return [
        { what: 'ingress, HTTP', value: shown(own), peer: `bare HAProxy ${shown(plain)}`, ratio: own.rate / plain.rate },
        { what: 'the same', value: shown(own), peer: `the pod directly ${shown(direct)}`, ratio: own.rate / direct.rate },
        { what: 'ingress, HTTPS', value: shown(ownTls), peer: `bare HAProxy ${shown(plainTls)}`, ratio: ownTls.rate / plainTls.rate },
      ];
    } finally {
      bare.stop();
    }
  });
}

type Command = readonly [string, ...string[]];

interface Load {
  rate: number;
  p99: string;
}

const shown = ({ rate, p99 }: Load): string => `${Math.round(rate).toLocaleString('en')} requests/s, p99 ${p99}`;

async function startPod(): Promise<{ node: string; ip: string }> {
  const file = resolve('test/bench/static-backend.cfg');
  const container = {
    name: 'c',
    image,
    command: ['chroot', '/machine', 'haproxy', '-db', '-f', file],
    securityContext: { runAsUser: 0 },
    volumeMounts: [{ name: 'machine', mountPath: '/machine', readOnly: true }],
  };
  const spec = { containers: [container], volumes: [{ name: 'machine', hostPath: { path: '/' } }] };
  await api('POST', `/api/v1/namespaces/${namespace}/pods`, { metadata: { name: 'backend', labels: { app: 'backend' } }, spec });
  const path = `/api/v1/namespaces/${namespace}/pods/backend`;
  await until('the pod to run', async () => (await api('GET', path)).status.phase === 'Running');
  const { spec: placed, status } = await api('GET', path);
  return { node: placed.nodeName, ip: status.podIP };
}

async function serve(): Promise<void> {
  const { certificate, key } = await createAuthority(host, new Date());
  const stringData = { 'tls.crt': certificate, 'tls.key': key };
  await api('POST', `/api/v1/namespaces/${namespace}/secrets`, { metadata: { name: 'cert' }, type: 'kubernetes.io/tls', stringData });
  const ports = [{ port: 80, targetPort: 8080 }];
  await api('POST', `/api/v1/namespaces/${namespace}/services`, {
    metadata: { name: 'backend' },
    spec: { selector: { app: 'backend' }, ports },
  });
  const backend = { service: { name: 'backend', port: { number: 80 } } };
  const rules = [{ host, http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
  const spec = { rules, tls: [{ hosts: [host], secretName: 'cert' }] };
  await api('POST', `/apis/networking.k8s.io/v1/namespaces/${namespace}/ingresses`, { metadata: { name: 'bench' }, spec });
}

async function untilServed(inNode: Command, address: string): Promise<void> {
  const ask = ['curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', `host: ${host}`, `http://${address}:${httpPort}/`];
  await until('the ingress to serve', async () => (await runCommand([...inNode, ...ask])).stdout === '200');
}

/** The same proxy with as many threads, and the least that leads to the pod. */
async function startBare(inNode: Command, address: string, podIp: string): Promise<{ stop: () => void }> {
  const directory = mkdtempSync(join(tmpdir(), 'berth-bench-'));
  const { certificate, key } = await createAuthority(host, new Date());
  writeFileSync(join(directory, 'cert.pem'), certificate + key, { mode: 0o600 });
  const config = `global
  nbthread ${Math.min(availableParallelism(), 4)}
defaults
  mode http
  timeout client 60s
  timeout server 60s
  timeout connect 5s
listen bare
  bind ${address}:${barePort}
  bind ${address}:${bareTlsPort} ssl crt ${directory}/cert.pem alpn h2,http/1.1
  server pod ${podIp}:8080
`;
  writeFileSync(join(directory, 'bare.cfg'), config);
  const child = spawn(inNode[0], [...inNode.slice(1), 'haproxy', '-db', '-f', join(directory, 'bare.cfg')], { stdio: 'ignore' });
  const stop = (): void => {
    child.kill('SIGKILL');
    rmSync(directory, { recursive: true });
  };
  while ((await runCommand([...inNode, 'curl', '-s', '-o', '/dev/null', `http://${address}:${barePort}/`])).code !== 0);
  return { stop };
}

async function load(inNode: Command, url: string): Promise<Load> {
  const results: Load[] = [];
  for (let turn = 0; turn < measured.turns; turn++) {
    const options = ['-t1', `-c${measured.connections}`, `-d${measured.seconds}s`, '--latency', '-H', `Host: ${host}`];
    const { stdout, stderr } = await runCommand([...inNode, 'wrk', ...options, url]);
    if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url}: ${stdout}`);
    const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)?.[1]);
    if (!rate) throw new Error(`wrk is missing (apt-get install wrk), or failed: ${stderr}`);
    results.push({ rate, p99: /99%\s+(\S+)/.exec(stdout)?.[1] ?? '?' });
  }
  return results.reduce((a, b) => (a.rate >= b.rate ? a : b));
}
