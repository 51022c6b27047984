import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pod } from '../testing/pod-builder.ts';
import { writePayload } from './atomic-writer.ts';
import { downwardPayload, objectPayload, type Payload } from './payload-plan.ts';

const files = (entries: Record<string, string>, mode = 0o644): Payload =>
  new Map(Object.entries(entries).map(([path, text]) => [path, { content: Buffer.from(text), mode }]));

describe('files of a volume', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'volume-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const text = (path: string): string => readFileSync(join(dir, path), 'utf8');

  it('appear, change and go together, behind one link', async () => {
    expect(writePayload(dir, files({ a: '1', 'deep/b': '2' }))).toBe(true);
    const first = readlinkSync(join(dir, '..data'));
    expect([text('a'), text('deep/b'), readlinkSync(join(dir, 'a'))]).toEqual(['1', '2', '..data/a']);
    expect(writePayload(dir, files({ a: '3' }))).toBe(true);
    expect(text('a')).toBe('3');
    expect(readdirSync(dir).toSorted()).toEqual(['..data', readlinkSync(join(dir, '..data')), 'a'].toSorted());
    expect(readdirSync(dir)).not.toContain(first);
  });

  it('take the place of what was made for a subPath while there was no such key', async () => {
    writePayload(dir, files({ a: '1' }));
    mkdirSync(join(dir, 'b'));
    writePayload(dir, files({ a: '1', b: '2' }));
    expect(text('b')).toBe('2');
  });

  it('are left alone when nothing changed', async () => {
    writePayload(dir, files({ a: '1', 'x/y': '2' }));
    const before = readlinkSync(join(dir, '..data'));
    expect(writePayload(dir, files({ a: '1', 'x/y': '2' }))).toBe(false);
    expect(readlinkSync(join(dir, '..data'))).toBe(before);
    expect(writePayload(dir, files({ a: '1', 'x/y': '2' }, 0o600))).toBe(true);
  });

  it('have their modes, and with a group the group reads what the owner reads', async () => {
    writePayload(dir, files({ a: '1' }, 0o400));
    expect(lstatSync(join(dir, '..data', 'a')).mode & 0o777).toBe(0o400);
    if (process.getuid?.() !== 0) return;
    writePayload(dir, files({ a: '2' }, 0o400), { gid: 3000 });
    const { gid, mode } = lstatSync(join(dir, '..data', 'a'));
    expect([gid, mode & 0o777]).toEqual([3000, 0o440]);
  });
});

describe('payloads', () => {
  const data = new Map([
    ['a', Buffer.from('1')],
    ['b', Buffer.from('2')],
  ]);
  const base = { data, mode: 0o644, optional: false, what: 'configmap', name: 'cm' };
  const plain = (payload: Payload) => [...payload].map(([path, { content, mode }]) => `${path}=${content.toString()} ${mode.toString(8)}`);

  it('are all keys, or the chosen ones at their paths', () => {
    expect(plain(objectPayload(base))).toEqual(['a=1 644', 'b=2 644']);
    expect(plain(objectPayload({ ...base, items: [{ key: 'b', path: 'x/y', mode: 0o600 }] }))).toEqual(['x/y=2 600']);
  });

  it('refuse what is missing unless it is optional', () => {
    expect(() => objectPayload({ ...base, data: undefined })).toThrow('configmap "cm" not found');
    expect(() => objectPayload({ ...base, items: [{ key: 'no', path: 'p' }] })).toThrow('references non-existent config key: no');
    expect(objectPayload({ ...base, data: undefined, optional: true }).size).toBe(0);
    expect(objectPayload({ ...base, items: [{ key: 'no', path: 'p' }], optional: true }).size).toBe(0);
  });

  it('tell of the pod', () => {
    const facts = { podIps: [], hostIps: [], nodeAllocatable: { cpuMillis: 2000, memoryBytes: 0, ephemeralBytes: 0 } };
    const items = [
      { path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } },
      { path: 'cpu', resourceFieldRef: { containerName: 'c', resource: 'limits.cpu' } },
    ];
    expect(plain(downwardPayload(pod({}, { labels: { a: 'b' } }), items, { mode: 0o644, facts }))).toEqual([
      'labels=a="b" 644',
      'cpu=2 644',
    ]);
  });

  it.each([
    ['a container', 'c limits.memory 1Mi', '64'],
    ['an init container', 'i requests.cpu 1m', '250'],
    ['a sidecar', 's limits.memory 1Ki', '2048'],
    ['a sidecar without that limit', 's limits.cpu 1m', '2000'],
    ['what no node has by default', 'c limits.hugepages-2Mi 1Mi', '0'],
  ])('tell the resources of %s', (_case, field, want) => {
    const [containerName = '', resource = '', divisor] = field.split(' ');
    const facts = { podIps: [], hostIps: [], nodeAllocatable: { cpuMillis: 2000, memoryBytes: 1e9, ephemeralBytes: 1e9 } };
    const [c] = pod().spec.containers;
    const about = pod({
      initContainers: [
        { name: 'i', resources: { requests: { cpu: '250m' } } },
        { name: 's', restartPolicy: 'Always', resources: { limits: { memory: '2Mi' } } },
      ],
      containers: [{ ...c!, resources: { limits: { memory: '64Mi' } } }],
    });
    const payload = (name: string) =>
      downwardPayload(about, [{ path: 'p', resourceFieldRef: { containerName: name, resource, divisor } }], { mode: 0o644, facts });
    expect(plain(payload(containerName))).toEqual([`p=${want} 644`]);
    expect(() => payload('nobody')).toThrow('container nobody not found');
  });
});
