import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { read, sources } from './tree.ts';

const directory = mkdtempSync(join(tmpdir(), 'berth-lint-'));
afterAll(() => rmSync(directory, { recursive: true }));

const takeAClock = 'Take a Clock from #base';
const takeARandom = 'Take a Random from #base';

describe('lint', () => {
  it.each<[code: string, says: string]>([
    ['Date.now()', takeAClock],
    ['performance.now()', takeAClock],
    ['process.hrtime.bigint()', takeAClock],
    ['AbortSignal.timeout(1)', takeAClock],
    ['setTimeout(f, 1)', takeAClock],
    ['globalThis.setTimeout(f, 1)', takeAClock],
    ['setInterval(f, 1)', takeAClock],
    ["import { setTimeout as sleep } from 'node:timers/promises'; sleep(1)", takeAClock],
    ['Math.random()', takeARandom],
    ['crypto.randomUUID()', takeARandom],
    ["import { randomUUID } from 'node:crypto'; randomUUID()", takeARandom],
    ["import { randomBytes as some } from 'node:crypto'; some(1)", takeARandom],
  ])('refuses %s', (code, says) => {
    const file = join(directory, 'fixture.ts');
    writeFileSync(file, `${code};\n`);
    const { stdout } = spawnSync('node_modules/.bin/oxlint', ['-c', '.oxlintrc.json', file], { encoding: 'utf8' });
    expect(stdout).toContain(says);
  });
});

/** The rest of the rule: for what time it is there is no word that lint can refuse. */
const timeOfDay = /\bnew Date(?!\s*\(\s*[^)\s])|(?<!new )\bDate\(/;

describe('the time of day', () => {
  it('is asked of a clock, but where it is made and where processes with clocks of their own are measured', () => {
    expect(sources.length).toBeGreaterThan(500);
    const exempt = /^libs\/base\/src\/clock\.ts$|^test\/(bench|e2e|fuzz|soak|architecture)\//;
    expect(sources.filter((path) => !exempt.test(path) && timeOfDay.test(read(path)))).toEqual([]);
  });

  it.each([
    ['new Date()', true],
    ['new Date( )', true],
    ['new Date;', true],
    ['Date()', true],
    ['new Date(0)', false],
    ['new Date(Date.parse(text))', false],
    ['new Date(\n  at,\n)', false],
    ['toDate()', false],
  ])('%j is one such question: %p', (code, isOne) => expect(timeOfDay.test(code)).toBe(isOne));
});
