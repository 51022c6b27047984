import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { forwardedSocket } from './ssh-forward.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'ssh-forward-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

const place = (name: string) => ({ path: join(directory, name), mode: 0o640, uid: 3, gid: 4 });

async function ask(path: string, question: string): Promise<string> {
  const client = connect(path);
  client.end(question);
  return text(client).catch(() => '');
}

describe('a forwarded socket', () => {
  it('carries both ways, as often as it is asked, with its own mode and owner, and is gone afterwards', async () => {
    const agent = createServer({ allowHalfOpen: true }, (client) => void text(client).then((asked) => client.end(`answer to ${asked}`)));
    await new Promise<void>((resolve) => agent.listen(join(directory, 'agent'), resolve));
    const to = place('own');
    await forwardedSocket(join(directory, 'agent'), to, async () => {
      const { mode, uid, gid } = statSync(to.path);
      expect([mode & 0o777, uid, gid]).toEqual([0o640, 3, 4]);
      expect(await Promise.all([ask(to.path, 'a'), ask(to.path, 'b')])).toEqual(['answer to a', 'answer to b']);
    });
    expect(statSync(to.path, { throwIfNoEntry: false })).toBeUndefined();
    agent.close();
  });

  it('ends a connection when there is no agent', async () => {
    const to = place('lonely');
    await forwardedSocket(join(directory, 'nobody'), to, async () => {
      expect(await ask(to.path, 'a')).toBe('');
    });
  });
});
