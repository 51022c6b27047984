import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Container, PodSpec } from '#api/types';
import { RuntimeError } from '#runtime/contract';
import { labels } from '../container-plan.ts';
import { entriesOf } from '../observed.ts';
import { PodPaths } from '../pod-paths.ts';
import { fakeAgent } from '../testing/agent-context.ts';
import { pod as podOf } from '../testing/pod-builder.ts';
import { WaitingError } from './errors.ts';
import { forgetOldAttempt, StartRefused, startContainer, type StartInput } from './start-container.ts';

describe('the start of a container', () => {
  let rootDir: string;
  beforeEach(() => {
    rootDir = mkdtempSync(join(tmpdir(), 'start-'));
  });
  afterEach(() => rmSync(rootDir, { recursive: true, force: true }));

  async function setUp(container: Partial<Container> = {}, spec: Partial<PodSpec> = {}) {
    const agent = fakeAgent(rootDir);
    await agent.runtime.createSandbox({ id: 'uid-a', hostname: 'a', cgroupPath: '/p', hostNetwork: false, labels: {} });
    agent.runtime.calls.length = 0;
    const pod = podOf({ containers: [{ name: 'c', image: 'app:v1', ...container }], ...spec });
    const configMaps = new Map<string, Record<string, string>>();
    const stop = new AbortController();
    const events: string[] = [];
    const input = {
      context: agent.context,
      pod,
      podIps: ['10.244.0.2'],
      entry: entriesOf(pod).at(-1)!,
      attempt: 0,
      paths: new PodPaths(rootDir, 'uid-a'),
      images: { ensure: async () => agent.image },
      objects: { environment: async () => ({ configMaps, secrets: new Map() }) },
      volumes: { binding: () => ({ path: rootDir, readOnly: false }) },
      signal: stop.signal,
      event: (name: string, { reason, message }: { reason: string; message: string }) => void events.push(`${name} ${reason}: ${message}`),
    } as unknown as StartInput;
    return { ...agent, input, stop, events, configMaps };
  }
  const failureOf = (input: StartInput): Promise<unknown> =>
    startContainer(input).then(
      () => 'it was started',
      (err: unknown) => err,
    );

  it('creates it, starts it and tells of both', async () => {
    const { input, runtime, events } = await setUp({ env: [{ name: 'A', value: 'x' }] });
    const { id, startedAt, stopSignal } = await startContainer(input);
    expect(runtime.calls).toEqual(['create c', 'start c']);
    expect(events).toEqual(['c Created: Container created', 'c Started: Container started']);
    expect([startedAt, stopSignal]).toEqual([new Date('2026-01-01T00:00:00Z'), 'SIGTERM']);
    const { spec } = runtime.entries.get(id)!;
    expect(spec.env).toContain('A=x');
    expect(spec.labels[labels.attempt]).toBe('0');
    expect(existsSync(dirname(spec.logPath))).toBe(true);
  });

  it.each<[string, Partial<Container>, string]>([
    [
      'a ConfigMap that is not there',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'a' } } }] },
      'configmap "cm" not found',
    ],
    [
      'a volume that is not there',
      { volumeMounts: [{ name: 'v', mountPath: '/v' }] },
      'cannot find volume "v" to mount into container "c"',
    ],
    [
      'a file of no volume',
      { env: [{ name: 'A', valueFrom: { fileKeyRef: { volumeName: 'v', path: 'p', key: 'k' } } }] },
      'cannot find the volume "v" referenced by FileKeyRef',
    ],
  ])('waits for %s, and has made nothing', async (_what, container, message) => {
    const { input, runtime, events } = await setUp(container);
    expect(await failureOf(input)).toMatchObject({ reason: 'CreateContainerConfigError', message });
    expect(events).toEqual([`c Failed: Error: ${message}`]);
    expect(runtime.calls).toEqual([]);
  });

  it.each([
    ['a target that there is not', undefined, 'unable to find target container c'],
    ['a target that does not run', 'ended', 'target container c is not running'],
  ])('waits for %s', async (_what, state, message) => {
    const { input, runtime } = await setUp({}, { ephemeralContainers: [{ name: 'debug', image: 'app:v1', targetContainerName: 'c' }] });
    if (state) {
      await startContainer({ ...input, entry: entriesOf(input.pod)[0]! });
      runtime.end(runtime.running('c')!.id, 0);
    }
    expect(await failureOf(input)).toMatchObject({ reason: 'CreateContainerConfigError', message });
  });

  it.each([
    ['the runtime refuses', new RuntimeError('start-failed', 'no such program'), StartRefused],
    ['the node is not able to', new Error('no memory'), WaitingError],
  ])('leaves nothing behind when %s', async (_what, err, kind) => {
    const { input, runtime, image } = await setUp();
    runtime.start = () => Promise.reject(err);
    const failure = await failureOf(input);
    expect(failure).toBeInstanceOf(kind);
    expect((failure as Error).message).toBe(err.message);
    expect(await runtime.list()).toEqual([]);
    if (failure instanceof StartRefused) expect(failure.image).toBe(image);
    else expect(failure).toMatchObject({ reason: 'CreateContainerError', retryMs: 10_000 });
  });

  it('is not begun any more once the pod is to end', async () => {
    const { input, runtime, stop } = await setUp();
    stop.abort(new Error('over'));
    expect(await failureOf(input)).toMatchObject({ message: 'over' });
    expect(runtime.calls).toEqual([]);
  });

  it('keeps the log of the attempt before, and none that is older', async () => {
    const { input } = await setUp();
    const { paths } = input;
    mkdirSync(paths.logs('c'), { recursive: true });
    for (const file of ['0.log', '0.log.1', '1.log', '10.log', '2.log']) writeFileSync(join(paths.logs('c'), file), '');
    await forgetOldAttempt(paths, 'c', 1);
    expect(readdirSync(paths.logs('c'))).toHaveLength(5);
    await forgetOldAttempt(paths, 'c', 2);
    expect(readdirSync(paths.logs('c')).toSorted()).toEqual(['1.log', '10.log', '2.log']);
    await forgetOldAttempt(paths, 'none', 2);
  });
});
