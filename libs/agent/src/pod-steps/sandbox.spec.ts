import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pod, PodSpec } from '#api/types';
import { resources } from '#objects';
import type { SandboxSpec } from '#runtime/containers.contract';
import { PodPaths } from '../pod-paths.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { PrepareError } from './errors.ts';
import { prepareSandbox, removeSandbox } from './sandbox.ts';

describe('the sandbox of a pod', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  function setUp(spec: Partial<PodSpec> = {}) {
    const agent = fakeAgent(rootDir);
    const paths = new PodPaths(rootDir, 'uid-a');
    const asked: SandboxSpec[] = [];
    const make = agent.runtime.createSandbox.bind(agent.runtime);
    agent.runtime.createSandbox = (wanted) => {
      asked.push(wanted);
      return make(wanted);
    };
    const text = (path: string): string => readFileSync(path, 'utf8');
    return { ...agent, paths, asked, text, prepare: () => prepareSandbox(agent.context, podOf(spec), paths) };
  }

  it('has namespaces, an address and the limits of the node', async () => {
    const { prepare, asked, attached } = setUp();
    expect(await prepare()).toEqual(['10.244.0.2']);
    expect(asked).toMatchObject([{ id: 'uid-a', hostname: 'a', hostNetwork: false, sysctls: {}, resources: { pidsLimit: 4096 } }]);
    expect(attached.has('uid-a')).toBe(true);
  });

  it('is made once, however often it is asked for', async () => {
    const { prepare, context, attached } = setUp();
    expect(await prepare()).toEqual(await prepare());
    expect([(await context.runtime.listSandboxes()).length, attached.size]).toEqual([1, 1]);
  });

  it('has the pod’s own files of /etc, in memory', async () => {
    const { prepare, paths, text, mounted } = setUp({ hostname: 'web', subdomain: 'sub' });
    await prepare();
    expect(text(paths.hostname)).toBe('web\n');
    expect(text(paths.hosts)).toContain('10.244.0.2\tweb.sub.default.svc.cluster.local\tweb');
    expect(text(paths.resolvConf)).toContain('nameserver 10.96.0.10');
    expect(statSync(paths.hosts).mode & 0o777).toBe(0o644);
    expect(mounted.get(paths.files)).toEqual({ mode: 0o755, sizeBytes: 4 * 2 ** 20 });
  });

  it('is the node’s network where the pod wants that', async () => {
    const { prepare, asked, attached, text, paths } = setUp({ hostNetwork: true });
    expect(await prepare()).toEqual(['10.0.0.1']);
    expect([asked[0]?.hostNetwork, asked[0]?.hostname, attached.size]).toEqual([true, 'n1', 0]);
    expect(text(paths.hostname)).toBe('n1\n');
  });

  it('has the sysctls of the pod', async () => {
    const { prepare, asked } = setUp({ securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] } });
    await prepare();
    expect(asked[0]?.sysctls).toEqual({ 'net.ipv4.ip_unprivileged_port_start': '0' });
  });

  it.each([
    ['crun', 'crun', undefined],
    ['gvisor', 'runsc', 'failed to get sandbox runtime: no runtime for "runsc" is configured'],
    ['gone', undefined, 'runtimeclasses.node.k8s.io "gone" not found'],
  ])('of a runtime class is made where the node has its runtime: %s', async (name, handler, why) => {
    const { prepare, api, asked } = setUp({ runtimeClassName: name });
    const runtimeClass = { apiVersion: 'node.k8s.io/v1', kind: 'RuntimeClass', metadata: { name }, handler };
    if (handler !== undefined) api.put(resources.runtimeClasses, runtimeClass);
    const message = await prepare().then(
      () => undefined,
      (err: unknown) => (err as PrepareError).message,
    );
    expect(message).toBe(why && `Failed to create pod sandbox: ${why}`);
    expect(asked).toHaveLength(why === undefined ? 1 : 0);
  });

  it.each([
    ['createSandbox', 'Failed to create pod sandbox: no'],
    ['attach', 'Failed to create pod sandbox: no'],
    ['caughtUp', 'Failed to create pod sandbox: no'],
    ['admit', 'Failed to create pod sandbox: no'],
  ])('that cannot be made says so: %s', async (what, message) => {
    const { prepare, context } = setUp();
    const failing = (): Promise<never> => Promise.reject(new Error('no'));
    if (what === 'attach') context.network.attach = failing;
    else if (what === 'caughtUp' || what === 'admit') context.policies[what] = failing;
    else context.runtime.createSandbox = failing;
    const error = await prepare().catch((err: unknown) => err);
    expect(error).toBeInstanceOf(PrepareError);
    expect(error).toMatchObject({ reason: 'FailedCreatePodSandBox', message });
  });

  it('is let in with its addresses when all policies of its namespace are known, and not any more when it goes', async () => {
    const { prepare, context, attached } = setUp();
    const told: string[] = [];
    Object.assign(context.policies, {
      caughtUp: async (namespace: string) => void told.push(`knows those of ${namespace}`),
      admit: async ({ metadata }: Pod, ips: readonly string[]) =>
        void told.push(`admits ${metadata.uid} ${ips.join()} of ${attached.size}`),
      release: async (uid: string) => void told.push(`releases ${uid}`),
    });
    await prepare();
    await removeSandbox(context, 'uid-a');
    expect(told).toEqual(['knows those of default', 'admits uid-a 10.244.0.2 of 1', 'releases uid-a']);
  });

  it('goes with its address, and its files stay', async () => {
    const { prepare, context, attached, paths, text } = setUp();
    await prepare();
    await removeSandbox(context, 'uid-a');
    await removeSandbox(context, 'uid-a');
    expect([(await context.runtime.listSandboxes()).length, attached.size]).toEqual([0, 0]);
    expect(text(paths.hostname)).toBe('a\n');
  });
});
