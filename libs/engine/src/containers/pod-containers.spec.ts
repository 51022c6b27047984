import { endpoints } from '../endpoints/index.ts';
import type { Call } from '../http/endpoint.ts';
import { Router } from '../http/router.ts';
import { FakeNode } from '../testing/fake-node.ts';

describe('containers of pods', () => {
  let node: FakeNode;
  let id: string;
  beforeEach(async () => {
    node = await FakeNode.make();
    id = await node.podContainer('web');
  });
  afterEach(() => node.remove());

  const router = new Router(endpoints);
  const ask = async (method: string, path: string, body: object = {}): Promise<{ status: number; json: unknown }> => {
    const url = new URL(path, 'http://docker');
    const { endpoint, params } = router.find(method, url.pathname)!;
    const call = {
      param: (name: string) => params.get(name) ?? '',
      query: url.searchParams,
      body: [Buffer.from(JSON.stringify(body))],
      headers: {},
    };
    return (await endpoint.handle(call as unknown as Call, node.engine)) as { status: number; json: unknown };
  };
  const names = async (query = ''): Promise<string[]> =>
    ((await ask('GET', `/containers/json?${query}`)).json as { Names: string[] }[]).flatMap(({ Names }) => Names);
  const filter = (of: object): string => `filters=${encodeURIComponent(JSON.stringify(of))}`;

  const name = 'k8s_web_web-1_shop_u-1_2';

  it('are listed with what runs here, named and labelled as dockershim did', async () => {
    await node.started('own');
    expect(await names()).toEqual(expect.arrayContaining([`/${name}`, '/own']));
    expect(await names(filter({ 'is-task': ['false'] }))).toEqual(['/own']);
    expect(await names(filter({ 'is-task': ['true'] }))).toEqual([`/${name}`]);
    expect(await names(filter({ label: ['io.kubernetes.pod.namespace=shop'] }))).toEqual([`/${name}`]);
    node.runtime.end(id, 3);
    expect([await names(), await names('all=1')]).toEqual([['/own'], expect.arrayContaining([`/${name}`])]);
  });

  it.each([name, `/${name}`, 'id', 'the beginning of it'])('are inspected by %s', async (reference) => {
    const path = { id, 'the beginning of it': id.slice(0, 12) }[reference] ?? reference;
    const { json } = await ask('GET', `/containers/${encodeURIComponent(path)}/json`);
    expect(json).toMatchObject({
      Id: id,
      Name: `/${name}`,
      Path: 'serve',
      Args: ['--port', '80'],
      State: { Status: 'running', Running: true, Pid: 1 },
      LogPath: '/var/log/pods/0.log',
      HostConfig: { NetworkMode: 'container:pod', Memory: 1 << 26, CapDrop: ['ALL'] },
      Mounts: [{ Type: 'bind', Source: '/pods/u-1/data', Destination: '/data', RW: false }],
      Config: {
        Image: 'web:v1',
        Env: ['A=b'],
        WorkingDir: '/www',
        Labels: { 'io.kubernetes.pod.name': 'web-1', 'io.kubernetes.container.name': 'web' },
      },
    });
  });

  it('may be executed in', async () => {
    const { json } = await ask('POST', `/containers/${id}/exec`, { Cmd: ['ls'], AttachStdout: true });
    const exec = node.engine.execs.find((json as { Id: string }).Id);
    node.engine.execs.claim(exec);
    await node.engine.execs.run(exec, {});
    expect([exec.exitCode, node.runtime.calls]).toEqual([0, expect.arrayContaining(['exec ls'])]);
  });

  it.each([
    ['POST', 'start'],
    ['POST', 'stop'],
    ['POST', 'restart'],
    ['POST', 'kill'],
    ['POST', 'pause'],
    ['POST', 'unpause'],
    ['POST', 'rename?name=other'],
    ['DELETE', '?force=1'],
  ])('refuse %s %s: the cluster changes them', async (method, verb) => {
    await expect(ask(method, `/containers/${id}${verb.startsWith('?') ? '' : '/'}${verb}`)).rejects.toMatchObject({
      status: 409,
      message: `container ${name} belongs to pod shop/web-1 of the cluster: it is changed through its API (kubectl)`,
    });
    expect(node.runtime.running('web')).toBeDefined();
  });

  it('are left alone by prune', async () => {
    node.runtime.end(id, 0);
    expect((await ask('POST', '/containers/prune')).json).toEqual({ ContainersDeleted: null, SpaceReclaimed: 0 });
    expect(await names('all=1')).toEqual([`/${name}`]);
  });
});
