import { mkdir, readFile } from 'node:fs/promises';
import { systemRandom, writeFileAtomic } from '#base';
import { type CertificateRequest, createAuthority, createSigningKey, daysLeft, issueCertificate, type KeyPairPem } from '#pki';
import type { ClusterSettings } from './cluster-settings.ts';
import { type Layout, nodesOf, portsOf } from './layout.ts';
import { apiServerNames } from './parts.ts';
import { ensureRegistryLogins } from './registry-logins.ts';

/** A certificate that ends sooner than this is issued anew at the next start. */
const renewDays = 30;

/** Makes every file that the parts read and that is not there yet. What exists is kept; certificates are renewed before they end. */
export async function ensureClusterFiles(layout: Layout, settings: ClusterSettings, now: Date): Promise<void> {
  const nodes = nodesOf(settings);
  const folders = [layout.home, layout.pki, layout.redis, layout.registry, layout.logs, layout.run, layout.nodes];
  for (const folder of folders) await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const { name } of nodes) await mkdir(layout.node(name).pki, { recursive: true, mode: 0o700 });

  const authority = await ensurePair(layout.certificate('ca'), layout.key('ca'), () => createAuthority(`${settings.name}-ca`, now));
  const issue = (request: CertificateRequest, certificate: string, key: string): Promise<KeyPairPem> =>
    ensurePair(certificate, key, () => issueCertificate(authority, request, now), now);
  const requests = partCertificates(settings);
  await Promise.all([
    ...Object.entries(requests).map(([part, request]) => issue(request, layout.certificate(part), layout.key(part))),
    // As upstream, where the service proxy is not the kubelet: a node's own certificate sees its own pods and its own Node alone.
    ...nodes.map(({ name }) => {
      const { proxyCertificate, proxyKey } = layout.node(name);
      return issue({ commonName: 'system:kube-proxy', usages: ['client'] }, proxyCertificate, proxyKey);
    }),
    ...nodes.map(({ name, ips }) => {
      const files = layout.node(name);
      const request: CertificateRequest = {
        commonName: `system:node:${name}`,
        organizations: ['system:nodes'],
        dnsNames: [name],
        ipAddresses: [...ips, '127.0.0.1'],
        usages: ['client', 'server'],
      };
      return issue(request, files.certificate, files.key);
    }),
    ensureFile(layout.key('service-account'), createSigningKey),
    ensureFile(layout.sealKey, () => systemRandom.bytes(32).toString('hex')),
    ensureFile(layout.admission, () => admissionDefaults),
    ensureFile(layout.redisPassword, () => systemRandom.bytes(24).toString('hex')),
  ]);
  if (!settings.redisUrl)
    await writeFileAtomic(layout.redisConfig, redisConfig(layout, (await readFile(layout.redisPassword, 'utf8')).trim()));
  await ensureRegistryLogins(layout, settings);
  await writeFileAtomic(layout.kubeconfig, await kubeconfig(layout, settings));
}

/** What Kubernetes does by itself, written out for who wants otherwise. */
const admissionDefaults = `# Read when the api-server starts: https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-admission-controller/
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
  - name: PodSecurity
    configuration:
      apiVersion: pod-security.admission.config.k8s.io/v1
      kind: PodSecurityConfiguration
      # For namespaces without labels of their own.
      defaults:
        enforce: privileged
        enforce-version: latest
        audit: privileged
        audit-version: latest
        warn: privileged
        warn-version: latest
      exemptions:
        usernames: []
        runtimeClasses: []
        namespaces: []
`;

function partCertificates(settings: ClusterSettings): Record<string, CertificateRequest> {
  const local = { dnsNames: ['localhost'], ipAddresses: apiServerNames(settings).ipAddresses };
  return {
    'api-server': { commonName: 'kube-apiserver', ...apiServerNames(settings), usages: ['server'] },
    'kubelet-client': { commonName: 'kube-apiserver-kubelet-client', organizations: ['system:masters'], usages: ['client'] },
    scheduler: { commonName: 'system:kube-scheduler', ...local, usages: ['client', 'server'] },
    'controller-manager': { commonName: 'system:kube-controller-manager', ...local, usages: ['client', 'server'] },
    registry: { commonName: 'berth:registry', ...local, usages: ['client', 'server'] },
    admin: { commonName: 'kubernetes-admin', organizations: ['system:masters'], usages: ['client'] },
  };
}

async function ensureFile(path: string, make: () => string): Promise<string> {
  const present = await readIfThere(path);
  if (present !== undefined) return present;
  const text = make();
  await writeFileAtomic(path, text);
  return text;
}

async function ensurePair(certificatePath: string, keyPath: string, make: () => Promise<KeyPairPem>, now?: Date): Promise<KeyPairPem> {
  const [certificate, key] = await Promise.all([readIfThere(certificatePath), readIfThere(keyPath)]);
  if (certificate && key && (!now || daysLeft(certificate, now) > renewDays)) return { certificate, key };
  const pair = await make();
  await writeFileAtomic(keyPath, pair.key);
  await writeFileAtomic(certificatePath, pair.certificate);
  return pair;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw err;
  }
}

/** Every acknowledged write is on disk (`appendfsync always`), nothing is ever evicted, and only who holds the password and the socket gets in. */
export function redisConfig(layout: Layout, password: string): string {
  const lines = {
    port: '0',
    unixsocket: layout.redisSocket,
    unixsocketperm: '600',
    requirepass: password,
    dir: layout.redis,
    daemonize: 'no',
    appendonly: 'yes',
    appendfsync: 'always',
    save: '""',
    'aof-use-rdb-preamble': 'yes',
    'auto-aof-rewrite-percentage': '100',
    'auto-aof-rewrite-min-size': '64mb',
    'maxmemory-policy': 'noeviction',
    loglevel: 'notice',
    logfile: '""',
    'always-show-logo': 'no',
  };
  return `${Object.entries(lines)
    .map(([name, value]) => `${name} ${/^[\w".%-]+$/.test(value) ? value : JSON.stringify(value)}`)
    .join('\n')}\n`;
}

async function kubeconfig(layout: Layout, settings: ClusterSettings): Promise<string> {
  const [ca, certificate, key] = await Promise.all(
    [layout.certificate('ca'), layout.certificate('admin'), layout.key('admin')].map(async (path) =>
      (await readFile(path)).toString('base64'),
    ),
  );
  const name = JSON.stringify(settings.name); // YAML 1.1 reads a bare `no` as false
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters:
  - name: ${name}
    cluster:
      server: https://127.0.0.1:${portsOf(settings).api}
      certificate-authority-data: ${ca}
contexts:
  - name: ${name}
    context:
      cluster: ${name}
      user: kubernetes-admin
users:
  - name: kubernetes-admin
    user:
      client-certificate-data: ${certificate}
      client-key-data: ${key}
`;
}
