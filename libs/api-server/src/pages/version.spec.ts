import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { buildOf, version } from './version.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'version-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('names what runs it, in the form that Go has for its own', () => {
  expect(version).toMatchObject({
    gitVersion: expect.stringMatching(/^v1\.36\.\d+\+berth$/) as unknown,
    goVersion: expect.stringMatching(/^[a-z]+\d+\.\d+\.\d+$/) as unknown,
    platform: expect.stringMatching(/^linux\/(?:amd64|arm64)$/) as unknown,
  });
});

it('tells of the build what the build wrote down', async () => {
  const build = { gitCommit: 'a'.repeat(40), gitTreeState: 'clean', buildDate: '2026-01-02T03:04:05Z' };
  const path = join(folder, 'build.json');
  expect(buildOf(path).gitTreeState).toBe('not built');
  await writeFile(path, JSON.stringify(build));
  expect(buildOf(path)).toEqual(build);
  await writeFile(path, '{');
  expect(() => buildOf(path)).toThrow(SyntaxError);
});
