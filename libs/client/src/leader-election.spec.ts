import { serviceUnavailable } from '#api';
import { ManualClock, seededRandom } from '#base/testing';
import { resources } from '#objects';
import { silentLogger } from '#telemetry';
import { LeaderElection } from './leader-election.ts';
import { FakeApi } from './testing/fake-api.ts';

function setUp() {
  const api = new FakeApi();
  const clock = new ManualClock();
  const log: string[] = [];
  const start = (identity: string, via: FakeApi = api) => {
    const election = new LeaderElection({
      api: via,
      clock,
      random: seededRandom(1),
      logger: silentLogger,
      namespace: 'kube-system',
      name: 'controller-manager',
      identity,
    });
    const stop = new AbortController();
    const lead = async (leading: AbortSignal): Promise<void> => {
      log.push(`${identity} leads`);
      const signal = AbortSignal.any([stop.signal, leading]);
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const outcome = election.run(lead, stop.signal).then((how) => log.push(`${identity} ${how}`));
    return { election, stop: () => stop.abort(), outcome };
  };
  const lease = (): { spec: Record<string, unknown> } => api.all(resources.leases)[0] as unknown as { spec: Record<string, unknown> };
  return { api, clock, log, start, lease };
}

describe('leader election', () => {
  it('lets one lead, and writes the lease as client-go does', async () => {
    const { clock, log, start, lease } = setUp();
    const a = start('a');
    await clock.advance(0);
    const b = start('b');
    await clock.advance(60_000);
    expect(log).toEqual(['a leads']);
    expect(lease().spec).toMatchObject({
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      acquireTime: '2026-01-01T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    b.stop();
    a.stop();
    await clock.advance(5000);
    await Promise.all([a.outcome, b.outcome]);
    expect(clock.pending).toBe(0);
  });

  it('hands over at once on a clean shutdown', async () => {
    const { clock, log, start, lease } = setUp();
    const a = start('a');
    await clock.advance(0);
    const b = start('b');
    await clock.advance(3000);
    a.stop();
    await clock.advance(1);
    expect(log).toEqual(['a leads', 'a released', 'b leads']);
    expect(lease().spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    b.stop();
    await clock.advance(1);
    expect(clock.pending).toBe(0);
  });

  it('takes the lease of a dead holder after its duration, as the candidate has seen it pass', async () => {
    const { api, clock, log, start } = setUp();
    const spec = { holderIdentity: 'dead', leaseDurationSeconds: 15, renewTime: '2020-01-01T00:00:00.000000Z' };
    const metadata = { namespace: 'kube-system', name: 'controller-manager' };
    api.put(resources.leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec } as never);
    const a = start('a');
    await clock.advance(14_000);
    expect(log).toEqual([]);
    await clock.advance(4000);
    expect(log).toEqual(['a leads']);
    a.stop();
    await clock.advance(1);
  });

  it('goes on at once with a lease that a predecessor of the same name left', async () => {
    const { api, clock, log, start, lease } = setUp();
    const acquireTime = '2020-01-01T00:00:00.000000Z';
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 15, renewTime: acquireTime, acquireTime, leaseTransitions: 3 };
    const metadata = { namespace: 'kube-system', name: 'controller-manager' };
    api.put(resources.leases, { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata, spec } as never);
    const a = start('a');
    await clock.advance(0);
    expect(log).toEqual(['a leads']);
    expect(lease().spec).toMatchObject({ acquireTime, leaseTransitions: 3 });
    a.stop();
    await clock.advance(1);
  });

  it('gives up when it cannot renew within the deadline', async () => {
    const { api, clock, log, start } = setUp();
    start('a');
    await clock.advance(4000);
    api.failing = serviceUnavailable('down');
    await clock.advance(9000);
    expect(log).toEqual(['a leads']);
    await clock.advance(4000);
    expect(log).toEqual(['a leads', 'a lost']);
  });

  it('survives an outage that is shorter than the deadline', async () => {
    const { api, clock, log, start } = setUp();
    const a = start('a');
    await clock.advance(4000);
    api.failing = serviceUnavailable('down');
    await clock.advance(7000);
    api.failing = undefined;
    await clock.advance(20_000);
    expect(log).toEqual(['a leads']);
    a.stop();
    await clock.advance(1);
  });
});
