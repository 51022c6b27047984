import { parseArgs } from 'node:util';
import { durationFlag, featureGates, FlagError, fileFlag, listFlag, portFlag, requiredFlag } from '#base';
import { type AdapterConfig, parseAdapterConfig } from '#metrics-adapter';
import { parsePodSecurity, type PodSecurityConfiguration } from '#policy';

/** Flags of the api-server; docs/architecture.md, "Processes and their flags". */
export interface ApiServerConfig {
  bindAddresses: string[];
  securePort: number;
  grpcPort: number;
  advertiseAddress: string;
  tls: { ca: string; cert: string; key: string };
  /** PEM texts. */
  kubeletClient?: { cert: string; key: string };
  serviceAccounts: { keyPem: string; issuer: string };
  serviceCidrs: string[];
  nodePortRange: { from: number; to: number };
  loadBalancerCidrs: string[];
  redis: { url: string; passwordFile?: string };
  /** 32 bytes, hexadecimal. */
  sealKey: Buffer;
  podSecurity?: PodSecurityConfiguration;
  features: { scaleToZero: boolean };
  /** Where custom and external metrics come from. */
  metrics?: { config: AdapterConfig; prometheusUrl: string; relistMs: number };
  logLevel: string;
}

const text = { type: 'string' } as const;

export async function readConfig(args: readonly string[]): Promise<ApiServerConfig> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'bind-address': { ...text, default: '127.0.0.1' },
      'secure-port': { ...text, default: '6443' },
      'grpc-port': { ...text, default: '6444' },
      'advertise-address': text,
      'client-ca-file': text,
      'tls-cert-file': text,
      'tls-private-key-file': text,
      'kubelet-client-certificate': text,
      'kubelet-client-key': text,
      'service-account-key-file': text,
      'service-account-issuer': { ...text, default: 'https://kubernetes.default.svc.cluster.local' },
      'service-cluster-ip-range': { ...text, default: '10.96.0.0/16' },
      'service-node-port-range': { ...text, default: '30000-32767' },
      'load-balancer-cidr': { ...text, default: '' },
      'redis-url': text,
      'redis-password-file': text,
      'seal-key-file': text,
      'admission-control-config-file': text,
      'feature-gates': { ...text, default: '' },
      'custom-metrics-config-file': text,
      'prometheus-url': { ...text, default: 'http://127.0.0.1:9090/' },
      'metrics-relist-interval': { ...text, default: '1m' },
      'log-level': { ...text, default: 'info' },
    },
  });
  const [ca, cert, key, keyPem, sealKey] = await Promise.all(
    (['client-ca-file', 'tls-cert-file', 'tls-private-key-file', 'service-account-key-file', 'seal-key-file'] as const).map((flag) =>
      fileFlag(flag, values[flag]),
    ),
  );
  const bindAddresses = listFlag(values['bind-address']);
  return {
    bindAddresses,
    securePort: portFlag('secure-port', values['secure-port']),
    grpcPort: portFlag('grpc-port', values['grpc-port']),
    advertiseAddress:
      values['advertise-address'] ?? bindAddresses.find((address) => address !== '0.0.0.0' && address !== '::') ?? '127.0.0.1',
    tls: { ca: ca!, cert: cert!, key: key! },
    kubeletClient: await kubeletClientOf(values),
    serviceAccounts: { keyPem: keyPem!, issuer: values['service-account-issuer'] },
    serviceCidrs: listFlag(values['service-cluster-ip-range']),
    nodePortRange: portRange('service-node-port-range', values['service-node-port-range']),
    loadBalancerCidrs: listFlag(values['load-balancer-cidr']),
    redis: { url: requiredFlag('redis-url', values['redis-url']), passwordFile: values['redis-password-file'] },
    sealKey: sealKeyOf(sealKey!),
    podSecurity: await podSecurityOf(values['admission-control-config-file']),
    features: { scaleToZero: featureGates(values['feature-gates'], ['HPAScaleToZero']).has('HPAScaleToZero') },
    metrics: await metricsOf(values),
    logLevel: values['log-level'],
  };
}

async function podSecurityOf(path: string | undefined): Promise<PodSecurityConfiguration | undefined> {
  if (path === undefined) return undefined;
  const flag = 'admission-control-config-file';
  const text = await fileFlag(flag, path);
  try {
    return parsePodSecurity(text);
  } catch (err) {
    throw new FlagError(`--${flag} ${path}: ${(err as Error).message}`);
  }
}

async function metricsOf(
  values: Record<'prometheus-url' | 'metrics-relist-interval', string> & { 'custom-metrics-config-file'?: string },
): Promise<ApiServerConfig['metrics']> {
  const flag = 'custom-metrics-config-file';
  const path = values[flag];
  if (path === undefined) return undefined;
  const prometheusUrl = values['prometheus-url'];
  if (!URL.canParse(prometheusUrl)) throw new FlagError(`--prometheus-url ${prometheusUrl}: not a URL`);
  const relistMs = durationFlag('metrics-relist-interval', values['metrics-relist-interval']);
  if (relistMs < 1_000) throw new FlagError('--metrics-relist-interval: must not be below 1s');
  const content = await fileFlag(flag, path);
  try {
    return { config: parseAdapterConfig(content), prometheusUrl, relistMs };
  } catch (err) {
    throw new FlagError(`--${flag} ${path}: ${(err as Error).message}`);
  }
}

async function kubeletClientOf(
  values: Partial<Record<'kubelet-client-certificate' | 'kubelet-client-key', string>>,
): Promise<ApiServerConfig['kubeletClient']> {
  const { 'kubelet-client-certificate': certificate, 'kubelet-client-key': key } = values;
  if (certificate === undefined && key === undefined) return undefined;
  return { cert: await fileFlag('kubelet-client-certificate', certificate), key: await fileFlag('kubelet-client-key', key) };
}

function portRange(flag: string, range: string): { from: number; to: number } {
  const [from, to] = range.split('-').map((port) => portFlag(flag, port));
  if (from === undefined || to === undefined || from > to) throw new FlagError(`--${flag} ${range}: must be FROM-TO`);
  return { from, to };
}

function sealKeyOf(hex: string): Buffer {
  const key = Buffer.from(hex.trim(), 'hex');
  if (key.length !== 32) throw new FlagError('--seal-key-file: must hold 32 bytes in hexadecimal');
  return key;
}
