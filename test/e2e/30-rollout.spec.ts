import { eventually, getJson, kubectl } from './clients.ts';
import { buildWeb, deployShop, nodeAddress, registry, requestLoop, shopPods } from './shop.ts';

const url = () => `http://${nodeAddress(1)}:30090/`;
const rolledOut = () => kubectl(['-n', 'shop', 'rollout', 'status', 'deployment/web', '--timeout=120s']);

beforeAll(async () => {
  await deployShop();
  await buildWeb('v2');
});

describe('a deployment', () => {
  it('scales up and down', async () => {
    await kubectl(['-n', 'shop', 'scale', 'deployment/web', '--replicas=9']);
    await rolledOut();
    const nine = await shopPods();
    expect(nine).toHaveLength(9);
    expect([1, 2, 3].map((n) => nine.filter(({ node }) => node.endsWith(`-${n}`)).length)).toEqual([3, 3, 3]);
    await kubectl(['-n', 'shop', 'scale', 'deployment/web', '--replicas=2']);
    await eventually('two pods', async () => (await getJson('pods', '-n', 'shop')).items.length === 2);
    await kubectl(['-n', 'shop', 'scale', 'deployment/web', '--replicas=3']);
    await rolledOut();
  });

  it('changes its image without one failed request, and goes back', async () => {
    const loops = [1, 2, 3].map((n) => requestLoop(`http://${nodeAddress(n)}:30090/`));
    await kubectl(['-n', 'shop', 'set', 'image', 'deployment/web', `web=${registry}/web:v2`]);
    await rolledOut();
    expect((await shopPods()).map(({ image }) => image)).toEqual(Array(3).fill(`${registry}/web:v2`));
    expect(await kubectl(['-n', 'shop', 'rollout', 'history', 'deployment/web'])).toMatch(/REVISION.*\n1 .*\n2 /);
    await kubectl(['-n', 'shop', 'rollout', 'undo', 'deployment/web']);
    await rolledOut();
    await eventually('the old pods to be gone', async () => (await getJson('pods', '-n', 'shop')).items.length === 3);
    const results = await Promise.all(loops.map((loop) => loop.stop()));
    expect(results.flatMap(({ failures }) => failures)).toEqual([]);
    expect(Math.min(...results.map(({ requests }) => requests))).toBeGreaterThan(20);
    expect((await shopPods()).every(({ image }) => image.endsWith(':v1'))).toBe(true);
    expect(await kubectl(['-n', 'shop', 'rollout', 'history', 'deployment/web'])).toMatch(/\n2 .*\n3 /);
  });

  it('stalls on a bad image while the old pods serve on', async () => {
    const loop = requestLoop(url());
    await kubectl(['-n', 'shop', 'set', 'image', 'deployment/web', `web=${registry}/web:nope`]);
    await eventually('ImagePullBackOff', async () => (await kubectl(['-n', 'shop', 'get', 'pods'])).includes('ImagePullBackOff'));
    const { status } = await getJson('deployment', 'web', '-n', 'shop');
    expect(status).toMatchObject({ availableReplicas: 3, updatedReplicas: 1, unavailableReplicas: 1 });
    expect((await shopPods()).filter(({ ready, image }) => ready && image.endsWith(':v1'))).toHaveLength(3);
    await kubectl(['-n', 'shop', 'rollout', 'undo', 'deployment/web']);
    await rolledOut();
    expect((await loop.stop()).failures).toEqual([]);
  });

  it('restarts by kubectl rollout restart, pauses and resumes', async () => {
    await kubectl(['-n', 'shop', 'rollout', 'pause', 'deployment/web']);
    await kubectl(['-n', 'shop', 'set', 'env', 'deployment/web', 'EXTRA=1']);
    const before = (await shopPods()).map(({ uid }) => uid).toSorted();
    await kubectl(['-n', 'shop', 'rollout', 'resume', 'deployment/web']);
    await rolledOut();
    const after = (await shopPods()).map(({ uid }) => uid).toSorted();
    expect(after.filter((uid) => before.includes(uid))).toEqual([]);
    await kubectl(['-n', 'shop', 'rollout', 'restart', 'deployment/web']);
    await rolledOut();
    expect((await shopPods()).filter(({ uid }) => after.includes(uid))).toEqual([]);
  });
});
