import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Node } from '#api/types';
import { PodRanges } from './pod-ranges.ts';

describe('the ranges of a node', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pod-ranges-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const node = (name: string, podCIDRs?: string[]): Node => ({ metadata: { name }, spec: { podCIDRs } }) as Node;
  const never = new AbortController().signal;

  function setUp(...changes: { object: Node; deleted: boolean }[]) {
    const nodes = {
      onChange: (listener: (change: { object: Node; deleted: boolean }) => void) => {
        for (const change of changes) listener(change);
        return () => undefined;
      },
    };
    return new PodRanges({ file: join(folder, 'ranges.json'), nodeName: 'n1', nodes });
  }

  it('are those that its Node is given first, and are remembered', async () => {
    const ranges = setUp(
      { object: node('n2', ['10.244.2.0/24']), deleted: false },
      { object: node('n1'), deleted: false },
      { object: node('n1', ['10.244.9.0/24']), deleted: true },
      { object: node('n1', ['10.244.1.0/24', 'fd00::/64']), deleted: false },
    );
    expect(await ranges.remembered()).toBeUndefined();
    expect(await ranges.given(never)).toEqual(['10.244.1.0/24', 'fd00::/64']);
    expect(await setUp().remembered()).toEqual(['10.244.1.0/24', 'fd00::/64']);
  });

  it('are none, and nothing is remembered, when the agent ends before', async () => {
    const ending = new AbortController();
    const given = setUp().given(ending.signal);
    ending.abort();
    expect(await given).toEqual([]);
    expect(await setUp().remembered()).toBeUndefined();
  });
});
