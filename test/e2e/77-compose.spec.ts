import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CommandResult, runCommand } from '#base';
import { env, kubectl } from './clients.ts';
import { nodeAddress } from './shop.ts';

const folder = join(env('BERTH_HOME'), 'compose');
const root = join(import.meta.dirname, '../..');

/** Two networks, a task between database and site, a config, a secret, a volume: what the documentation promises in one file. */
const file = `name: forum
x-common: &common
  build: {context: ./image, args: {WORD: "\${WORD:-world}"}}
services:
  db:
    <<: *common
    command: [sh, -c, "touch /data/ok; exec sleep 100000"]
    volumes: ["data:/data"]
    healthcheck: {test: [CMD, test, -f, /data/ok], interval: 1s}
    networks: [back]
  migrate:
    <<: *common
    command: sh -c 'cat /run/secrets/password'
    depends_on: {db: {condition: service_healthy}}
    secrets: [password]
    networks: [back]
  site:
    <<: *common
    depends_on: {migrate: {condition: service_completed_successfully}}
    ports: ["30089:8080"]
    configs: [{source: page, target: /www/page}]
    healthcheck: {test: [CMD-SHELL, wget -qO- localhost:8080], interval: 1s}
    deploy: {replicas: 2, resources: {limits: {memory: 64m}}}
    networks: {front: {aliases: [www]}, back: }
  client:
    <<: *common
    command: sleep 100000
    networks: [front]
configs: {page: {content: page one}}
secrets: {password: {environment: FORUM_PASSWORD}}
networks: {front: , back: {internal: true}}
volumes: {data: }
`;
const dockerfile = `FROM scratch
ARG WORD=none
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
RUN mkdir -p /www && echo "hello $WORD" > /www/index.html
ENV PATH=/bin
CMD ["httpd", "-f", "-p", "8080", "-h", "/www"]
`;

const compose = (...args: string[]): Promise<CommandResult> =>
  runCommand([join(root, 'deploy/bin/berth'), 'compose', ...args], { cwd: folder, env: { ...process.env, FORUM_PASSWORD: 'secret word' } });

async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await compose(...args);
  if (code !== 0) throw new Error(`berth compose ${args.join(' ')}: exit ${code}\n${stderr}${stdout}`);
  return stdout;
}

beforeAll(async () => {
  await mkdir(join(folder, 'image'), { recursive: true });
  await copyFile('/bin/busybox', join(folder, 'image/busybox'));
  await writeFile(join(folder, 'image/Dockerfile'), dockerfile);
  await writeFile(join(folder, 'compose.yaml'), file);
});
afterAll(() => compose('down', '-v'));

describe('a Compose file in the cluster', () => {
  it('is built, started in order and healthy when up ends', async () => {
    const shown = await succeed('up', 'compose.yaml');
    expect(shown).toMatch(/✓ service db healthy[^]*✓ service migrate completed[^]*✓ service site healthy/);
    const rows = (JSON.parse(await succeed('ps', '-a', '-o', 'json', 'compose.yaml')) as { service: string; status: string }[]).map(
      ({ service, status }) => `${service}: ${status}`,
    );
    expect(rows.toSorted()).toEqual([
      'client: running',
      'db: running (healthy)',
      'migrate: exited (0)',
      'site: running (healthy)',
      'site: running (healthy)',
    ]);
    expect(await succeed('logs', '--service', 'migrate')).toMatch(/^migrate-\w+ +\| secret word\n$/);
    expect(await (await fetch(`http://${nodeAddress(1)}:30089/`)).text()).toBe('hello world\n');
  });

  it('has its names and its networks', async () => {
    const from = (service: string, script: string) => kubectl(['-n', 'forum', 'exec', `deploy/${service}`, '--', 'sh', '-c', script]);
    expect(await from('client', 'wget -qO- http://www:8080/page')).toBe('page one');
    expect(await from('client', 'timeout 2 nc db 8080 </dev/null && echo reached || echo apart')).toContain('apart');
  });

  it('takes changes of the file, and keeps volumes when it goes down', async () => {
    await writeFile(join(folder, 'next.yaml'), 'services:\n  client: !reset null\nconfigs:\n  page: !override {content: page two}\n');
    const databases = () => kubectl(['-n', 'forum', 'get', 'pods', '-l', 'compose.berth.dev/service=db', '-o', 'name']);
    const before = await databases();
    const { stderr } = await compose('up', '--no-build', '-d', 'compose.yaml', 'next.yaml');
    expect(stderr).toContain('Found orphan services (client)');
    expect(await databases()).toBe(before);
    await succeed('up', '--remove-orphans', 'compose.yaml', 'next.yaml');
    expect(await (await fetch(`http://${nodeAddress(1)}:30089/page`)).text()).toBe('page two');
    expect(await succeed('down')).toContain('volumes stay: data');
    expect(await kubectl(['-n', 'forum', 'get', 'pvc', '-o', 'name'])).toBe('persistentvolumeclaim/data\n');
    await succeed('down', '-v');
    expect(await kubectl(['get', 'namespaces', '-o', 'name'])).not.toContain('forum');
  });

  it('is refused by the place of what cannot be served', async () => {
    await writeFile(join(folder, 'bad.yaml'), 'services:\n  web: {image: i, cgroup_parent: x}\n');
    expect(await compose('up', 'bad.yaml')).toMatchObject({
      code: 1,
      stderr: 'berth: services.web.cgroup_parent is not supported by berth compose\n',
    });
  });
});
