import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '#base';
import { env, eventually, fetchText } from './clients.ts';
import { docker, dockerResult } from './docker-client.ts';
import { buildWeb, deployShop, nodeAddress, nodeName, registryPort } from './shop.ts';

/** Its program serves files at the port that it is told. */
const image = `localhost:${registryPort}/web:v1`;
const serve = ['sh', '-c', 'mkdir -p /tmp/w && hostname > /tmp/w/name && exec httpd -f -p 8080 -h /tmp/w'];
const agentPid = async (): Promise<number> => Number(await readFile(join(env('BERTH_HOME'), 'nodes', nodeName(1), 'agent.pid'), 'utf8'));
const run = (...args: string[]): Promise<string> => docker(1, ['run', '--rm', ...args]);
const name = async (url: string): Promise<string> => {
  const { status, body } = await fetchText(`${url}/name`);
  return status === 200 ? body.trim() : 'nobody';
};
const ask = (url: string): string => `timeout 5 wget -qO- ${url}/name`;
/** One that has begun to serve, under its own name. */
async function serving(own: string, ...args: string[]): Promise<void> {
  await docker(1, ['run', '-d', '--name', own, '--hostname', own, ...args, image, ...serve]);
  const probe = ['exec', own, 'sh', '-c', ask('http://127.0.0.1:8080')];
  await eventually(`${own} to serve`, async () => (await dockerResult(1, probe)).stdout === `${own}\n`);
}

/** In the network of the node. */
const inNode = async (...command: [string, ...string[]]): Promise<string> =>
  (await runCommand(['nsenter', `--net=/proc/${await agentPid()}/ns/net`, '--', ...command])).stdout;

beforeAll(async () => {
  await buildWeb('v1');
  await docker(1, ['pull', image]);
});
afterAll(async () => {
  const left = (await docker(1, ['ps', '-aq', '--filter', 'is-task=false'])).split('\n').filter(Boolean);
  if (left.length > 0) await docker(1, ['rm', '-f', '-v', ...left]);
  await docker(1, ['network', 'prune', '-f']);
});

describe('networks of docker on a node', () => {
  it('publish ports: for the machine, its loopback and the node, until the container is gone', async () => {
    await serving('web', '-p', '28080:8080', '-p', '127.0.0.1:28081:8080');
    expect((await docker(1, ['port', 'web', '8080/tcp'])).split('\n').toSorted()).toEqual([
      '',
      '0.0.0.0:28080',
      '127.0.0.1:28081',
      '[::]:28080',
    ]);
    for (const host of [`${nodeAddress(1)}:28080`, 'localhost:28080', '[::1]:28080', '127.0.0.1:28081']) {
      expect([host, await name(`http://${host}`)]).toEqual([host, 'web']);
    }
    expect(await inNode('busybox', 'wget', '-qO-', 'http://127.0.0.1:28080/name')).toBe('web\n');
    expect(await name(`http://${nodeAddress(1)}:28081`)).toBe('nobody');
    const taken = await dockerResult(1, ['run', '--rm', '-p', '28080:1', image, 'true']);
    expect([taken.code, taken.stderr]).toEqual([125, expect.stringContaining('Bind for 0.0.0.0:28080 failed: port is already allocated')]);
    await docker(1, ['rm', '-f', 'web']);
    expect(await name('http://localhost:28080')).toBe('nobody');
  });

  it('of one’s own answer names, keep others out, and are entered and left by what runs', async () => {
    await docker(1, ['network', 'create', '--subnet', '10.213.0.0/16', 'shop']);
    await docker(1, ['network', 'create', '--internal', 'vault']);
    await serving('db', '--network', 'vault', '--network-alias', 'store');
    await docker(1, ['run', '-d', '--name', 'front', '--network', 'shop', '--ip', '10.213.7.7', image, 'sleep', '1000']);
    const inFront = (script: string) => dockerResult(1, ['exec', 'front', 'sh', '-c', script]);
    expect((await inFront(ask('http://db:8080'))).code).not.toBe(0);
    await docker(1, ['network', 'connect', 'vault', 'front']);
    expect(await inFront(`${ask('http://db:8080')} && ${ask('http://store:8080')}`)).toMatchObject({ code: 0, stdout: 'db\ndb\n' });
    const addresses = await docker(1, ['inspect', '-f', '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}', 'front']);
    expect(addresses).toMatch(/^10\.213\.7\.7 172\.\d+\.0\.3 \n$/);
    await docker(1, ['network', 'disconnect', 'vault', 'front']);
    expect((await inFront(ask('http://db:8080'))).code).not.toBe(0);
    const busy = await dockerResult(1, ['network', 'rm', 'vault']);
    expect(busy.stderr).toContain('network vault has active endpoints');
    await docker(1, ['rm', '-f', 'front', 'db']);
    await docker(1, ['network', 'rm', 'vault', 'shop']);
  });

  it('are shared with those who join', async () => {
    await serving('host', '--ipc', 'shareable');
    const script = `${ask('http://127.0.0.1:8080')}; hostname; cat /dev/shm/x`;
    await docker(1, ['exec', 'host', 'sh', '-c', 'echo shared > /dev/shm/x']);
    expect(await run('--network', 'container:host', '--ipc', 'container:host', image, 'sh', '-c', script)).toBe('host\nhost\nshared\n');
    await docker(1, ['rm', '-f', 'host']);
  });

  it('reach services of the cluster where that was asked for', async () => {
    await deployShop();
    const script = 'timeout 5 wget -qO- http://web.shop.svc.cluster.local/';
    expect(await run('--network', 'cluster', image, 'sh', '-c', script)).toContain('greeting=hello');
    expect(await run(image, 'sh', '-c', 'timeout 2 wget -qO- http://10.96.0.1:443/; echo $?')).toBe('143\n');
  });

  it('stand while the agent of the node is killed, and leave nothing behind', async () => {
    await docker(1, ['network', 'create', 'kept']);
    await serving('kept', '--network', 'kept', '-p', '28082:8080');
    const format = '{{json .NetworkSettings.Networks}} {{json .NetworkSettings.Ports}}';
    const before = await docker(1, ['inspect', '-f', format, 'kept']);
    process.kill(await agentPid(), 'SIGKILL');
    expect(await name(`http://${nodeAddress(1)}:28082`)).toBe('kept');
    await eventually('the next engine', async () => (await dockerResult(1, ['inspect', '-f', format, 'kept'])).stdout === before);
    await eventually('the port at the loopback', async () => (await name('http://localhost:28082')) === 'kept');
    expect(await docker(1, ['exec', 'kept', 'sh', '-c', ask('http://kept:8080')])).toBe('kept\n');
    await docker(1, ['rm', '-f', 'kept']);
    await docker(1, ['network', 'rm', 'kept']);
    const rules = await inNode('nft', 'list', 'ruleset');
    expect([rules.includes('28082'), /br-[0-9a-f]{12}/.test(rules)]).toEqual([false, false]);
    expect(await inNode('ip', '-br', 'link')).not.toMatch(/br-[0-9a-f]{12}|e[0-9a-f]{10}@.*master/);
  });
});
