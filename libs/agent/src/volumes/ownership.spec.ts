import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { giveToGroup } from './ownership.ts';

describe('the files of a volume', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'owned-'));
    mkdirSync(join(dir, 'deep', 'er'), { recursive: true });
    writeFileSync(join(dir, 'deep', 'er', 'file'), '', { mode: 0o600 });
    writeFileSync(join(dir, 'tool'), '', { mode: 0o755 });
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const seen = (path: string): string => {
    const { gid, mode } = lstatSync(join(dir, path));
    return `${gid} ${(mode & 0o7777).toString(8)}`;
  };

  it('are given to the group with what their owner may, and keep their owner', async () => {
    if (process.getuid?.() !== 0) return;
    chownSync(join(dir, 'tool'), 1234, 0);
    await giveToGroup(dir, 3000, undefined);
    expect(['.', 'deep', 'deep/er', 'deep/er/file', 'tool'].map(seen)).toEqual([
      '3000 2770',
      '3000 2775',
      '3000 2775',
      '3000 660',
      '3000 775',
    ]);
    expect(lstatSync(join(dir, 'tool')).uid).toBe(1234);
  });

  it('do not include what a link leads to', async () => {
    if (process.getuid?.() !== 0) return;
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    chmodSync(outside, 0o700);
    symlinkSync(outside, join(dir, 'link'));
    await giveToGroup(dir, 3000, 'Always');
    expect([lstatSync(join(dir, 'link')).gid, statSync(outside).gid, statSync(outside).mode & 0o777]).toEqual([3000, 0, 0o700]);
    rmSync(outside, { recursive: true });
  });

  // KEP-695
  it.each([
    ['OnRootMismatch', 'the top is given', true, false],
    ['OnRootMismatch', 'the top is another’s', false, true],
    ['Always', 'the top is given', true, true],
    [undefined, 'the top is given', true, true],
  ])('with %s, where %s', async (policy, _what, isGiven, changes) => {
    if (process.getuid?.() !== 0) return;
    if (isGiven) {
      chownSync(dir, 0, 3000);
      chmodSync(dir, 0o2770);
    }
    await giveToGroup(dir, 3000, policy);
    expect(lstatSync(join(dir, 'tool')).gid).toBe(changes ? 3000 : 0);
  });
});
