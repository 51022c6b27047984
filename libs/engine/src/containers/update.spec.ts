import { FakeNode } from '../testing/fake-node.ts';
import { updateContainer } from './update.ts';

describe('an update', () => {
  let node: FakeNode;
  beforeEach(async () => {
    node = await FakeNode.make();
  });
  afterEach(() => node.remove());

  const Mi = 1 << 20;

  it('changes what is given where it runs, and on disk', async () => {
    const record = await node.started('one', { CpuShares: 100, Memory: 32 * Mi });
    expect(await updateContainer(node.engine, record, { CpuShares: 200, PidsLimit: -1, RestartPolicy: { Name: 'always' } })).toEqual([]);
    expect(node.runtime.calls).toContain('update one 200');
    await node.reopen();
    expect(node.engine.containers.book.find('one').hostConfig).toMatchObject({
      CpuShares: 200,
      Memory: 32 * Mi,
      PidsLimit: 0,
      RestartPolicy: { Name: 'always' },
    });
  });

  it('of one that does not run counts from its next start', async () => {
    const record = await node.create('one');
    await updateContainer(node.engine, record, { CpuShares: 200 });
    expect([node.runtime.calls, record.hostConfig.CpuShares]).toEqual([[], 200]);
  });

  it.each<[object, object, string]>([
    [
      { Memory: 32 * Mi },
      { Memory: 128 * Mi },
      'Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time',
    ],
    [{ CpuQuota: 5000 }, { NanoCpus: 1e9 }, 'Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set'],
    [{ CpuPeriod: 5000 }, { NanoCpus: 1e9 }, 'Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set'],
    [{ NanoCpus: 1e9 }, { CpuQuota: 5000 }, 'Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set'],
    [
      { AutoRemove: true },
      { RestartPolicy: { Name: 'always' } },
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
    ],
  ])('of %j by %j is a conflict', async (host, asked, why) => {
    const record = await node.create('one', host);
    const before = structuredClone(record.hostConfig);
    await expect(updateContainer(node.engine, record, { ...asked })).rejects.toMatchObject({
      status: 409,
      message: `Cannot update container ${record.id}: ${why}`,
    });
    expect(record.hostConfig).toEqual(before);
  });

  it.each([
    [{ Memory: 1 }, 'Minimum memory limit allowed is 6MB'],
    [{ RestartPolicy: { Name: 'sometimes' } }, "invalid restart policy 'sometimes'"],
  ])('by %j is refused', async (asked, message) => {
    const record = await node.create('one');
    await expect(updateContainer(node.engine, record, asked)).rejects.toMatchObject({ status: 400, message });
  });

  it('that the kernel refuses changes nothing', async () => {
    const record = await node.started('one');
    node.runtime.update = () => Promise.reject(new Error('device or resource busy'));
    await expect(updateContainer(node.engine, record, { CpuShares: 200 })).rejects.toMatchObject({
      status: 500,
      message: `Cannot update container ${record.id}: device or resource busy`,
    });
    expect(record.hostConfig.CpuShares).toBe(0);
  });
});
