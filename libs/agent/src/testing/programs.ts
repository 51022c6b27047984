import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Programs of a node that write down how they were run, one line each, and do what a shell script says. Gone after each test. */
export function fakePrograms(scripts: Record<string, string>): () => string[] {
  const before = process.env['PATH'];
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'programs-'));
    for (const [name, script] of Object.entries(scripts)) {
      writeFileSync(join(dir, name), `#!/bin/sh\necho "${name} $*" >> ${dir}/log\n${script}\n`);
      chmodSync(join(dir, name), 0o755);
    }
    process.env['PATH'] = `${dir}:${before}`;
  });
  afterEach(() => {
    process.env['PATH'] = before;
    rmSync(dir, { recursive: true, force: true });
  });
  return () => {
    const log = join(dir, 'log');
    return existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
  };
}
