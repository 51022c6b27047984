import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#base';
import { silentLogger } from '#telemetry';
import { defaultSettings, writeSettings } from '../supervisor/cluster-settings.ts';
import { layoutOf } from '../supervisor/layout.ts';
import { down } from './down.ts';

it('takes down what was made, though another cluster is asked for now', async () => {
  const home = await mkdtemp(join(tmpdir(), 'down-'));
  try {
    await writeSettings(layoutOf(home).settings, { ...defaultSettings, name: 'spec-dn', nodes: 1 });
    const context = {
      home,
      given: { nodes: 3 },
      installation: home,
      nodeBinary: process.execPath,
      clock: systemClock,
      logger: silentLogger,
    };
    const buildImage = (): never => {
      throw new Error('nothing is built');
    };
    await down({ ...context, write: () => undefined, isTerminal: false, buildImage }, { purge: true, podSeconds: 0 });
    await expect(readdir(home)).rejects.toThrow('ENOENT');
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
