import type { Container, ContainerRuntime, ContainerSpec, ExecSpec, SandboxSpec } from '../containers.contract.ts';

/** A runtime, and what its suite has to know of the programs that it runs. */
export interface RuntimeUnderTest {
  runtime: ContainerRuntime;
  sandbox(id: string): SandboxSpec;
  /** Its program runs until it is told to end: with 3 by SIGUSR1, with 143 by SIGTERM. */
  container(id: string, sandboxId: string): ContainerSpec;
  /** A process that ends at once with the code. */
  exiting(exitCode: number): ExecSpec;
  /** Resolves when the program of a container that has been started heeds signals. */
  ready(id: string): Promise<void>;
  close(): Promise<void>;
}

/** What every `ContainerRuntime` must do. Run it with each implementation; a fault found in one becomes a case here. */
export function containerRuntimeConformance(name: string, make: () => Promise<RuntimeUnderTest>): void {
  describe(`${name} keeps the contract of container runtimes`, () => {
    let under: RuntimeUnderTest;
    let runtime: ContainerRuntime;
    let sequence = 0;

    beforeAll(async () => {
      under = await make();
      ({ runtime } = under);
      await runtime.createSandbox(under.sandbox('pod'));
    }, 30_000);
    afterAll(async () => {
      for (const { id } of await runtime.list()) await runtime.remove(id);
      await runtime.removeSandbox('pod');
      await under.close();
    }, 30_000);
    afterEach(async () => {
      for (const { id } of await runtime.list()) await runtime.remove(id);
    });

    const created = async (): Promise<string> => {
      const id = `c${sequence++}`;
      await runtime.create(under.container(id, 'pod'));
      return id;
    };
    const running = async (): Promise<string> => {
      const id = await created();
      await runtime.start(id);
      await under.ready(id);
      return id;
    };
    const exited = async (): Promise<string> => {
      const id = await running();
      await runtime.kill(id, 'SIGUSR1');
      await runtime.wait(id);
      return id;
    };
    const stateOf = async (id: string): Promise<Container['state'] | undefined> => (await runtime.get(id))?.state;

    describe('a sandbox', () => {
      it('is there when it was made, once however often it is made, until it is removed', async () => {
        const spec = under.sandbox('other');
        const made = await runtime.createSandbox(spec);
        expect(made).toEqual({ id: 'other', labels: spec.labels, netnsPath: expect.any(String) });
        expect(await runtime.createSandbox(spec)).toEqual(made);
        expect((await runtime.listSandboxes()).filter(({ id }) => id === 'other')).toEqual([made]);
        await runtime.removeSandbox('other');
        expect((await runtime.listSandboxes()).map(({ id }) => id)).toEqual(['pod']);
        await runtime.removeSandbox('other');
      });

      it("has no network namespace with the host's network", async () => {
        const spec = { ...under.sandbox('on-host'), hostNetwork: true };
        expect((await runtime.createSandbox(spec)).netnsPath).toBeUndefined();
        await runtime.removeSandbox('on-host');
      });

      it('that is not there takes no containers, has no limits to change and no sockets', async () => {
        await expect(runtime.create(under.container('astray', 'nowhere'))).rejects.toMatchObject({ code: 'container-not-found' });
        expect(await runtime.get('astray')).toBeUndefined();
        await runtime.updateSandbox('nowhere', { cpuShares: 2 });
        expect(() => runtime.socketInSandbox('nowhere')).toThrow(expect.objectContaining({ code: 'container-not-found' }));
      });
    });

    describe('create', () => {
      it('makes a container that is not started', async () => {
        const id = await created();
        const spec = under.container(id, 'pod');
        expect(await runtime.get(id)).toEqual({
          id,
          sandboxId: 'pod',
          name: spec.name,
          labels: spec.labels,
          imageId: spec.image.id,
          user: { uid: expect.any(Number), gid: expect.any(Number), groups: expect.any(Array) },
          logPath: spec.logPath,
          state: 'created',
          pid: expect.any(Number),
          createdAt: expect.any(Date),
        });
        expect(await runtime.list()).toEqual([await runtime.get(id)]);
      });

      it('of one that is there already leaves it as it is', async () => {
        const id = await running();
        const before = await runtime.get(id);
        await runtime.create(under.container(id, 'pod'));
        expect(await runtime.get(id)).toEqual(before);
      });
    });

    describe('start', () => {
      it('runs the program, once however often it is called', async () => {
        const id = await created();
        const started = await runtime.start(id);
        expect(started).toEqual({ pid: expect.any(Number), startedAt: expect.any(Date) });
        expect(await runtime.get(id)).toMatchObject({ state: 'running', ...started });
        expect(await runtime.start(id)).toEqual(started);
      });

      it('of one that was killed before is refused', async () => {
        const id = await created();
        await runtime.kill(id, 'SIGKILL');
        await runtime.wait(id);
        await expect(runtime.start(id)).rejects.toMatchObject({ code: 'start-failed' });
        expect(await stateOf(id)).toBe('exited');
      });

      it('of one that has ended does not run it again', async () => {
        const id = await exited();
        const before = await runtime.get(id);
        await expect(runtime.start(id)).rejects.toMatchObject({ code: 'start-failed' });
        expect(await runtime.get(id)).toEqual(before);
      });
    });

    it('answers what it saw: a container does not change in the hands of who asked', async () => {
      const id = await created();
      const [one, [listed]] = [await runtime.get(id), await runtime.list()];
      await runtime.start(id);
      expect([one?.state, listed?.state]).toEqual(['created', 'created']);
    });

    describe('an end', () => {
      it.each([
        { signal: 'SIGUSR1', exitCode: 3 },
        { signal: 'SIGTERM', exitCode: 143 },
        { signal: 'SIGKILL', exitCode: 137 },
      ])('by $signal is told to all who wait, and to those who ask later', async ({ signal, exitCode }) => {
        const id = await running();
        const waiting = [runtime.wait(id), runtime.wait(id)];
        await runtime.kill(id, signal);
        const [exit, same] = await Promise.all(waiting);
        expect(exit).toMatchObject({ exitCode, oomKilled: false });
        expect(Number(exit!.finishedAt)).toBeGreaterThan(0);
        expect([same, await runtime.wait(id)]).toEqual([exit, exit]);
        const container = await runtime.get(id);
        expect(container).toMatchObject({ state: 'exited', exit, startedAt: expect.any(Date) });
        expect(container).not.toHaveProperty('pid');
      });

      it('happens once: one that has ended takes no signal', async () => {
        const id = await exited();
        await expect(runtime.kill(id, 'SIGKILL')).rejects.toMatchObject({ code: 'not-running' });
        expect(await runtime.wait(id)).toMatchObject({ exitCode: 3 });
      });

      it('is not waited for any longer than the signal allows', async () => {
        const id = await running();
        const patience = new AbortController();
        const waiting = runtime.wait(id, patience.signal);
        patience.abort(new Error('gave up'));
        await expect(waiting).rejects.toThrow('gave up');
        await expect(runtime.wait(id, patience.signal)).rejects.toThrow('gave up');
        expect(await stateOf(id)).toBe('running');
      });
    });

    describe('remove', () => {
      it('kills what runs: who waits is told, and it is gone', async () => {
        const id = await running();
        const waiting = runtime.wait(id);
        await runtime.remove(id);
        expect(await waiting).toMatchObject({ exitCode: 137, oomKilled: false });
        expect([await runtime.get(id), await runtime.list(), await runtime.writableUsage(id)]).toEqual([
          undefined,
          [],
          { bytes: 0, inodes: 0 },
        ]);
        await runtime.remove(id);
      });

      it('takes what was never started, what is paused and what has ended', async () => {
        const paused = await running();
        await runtime.pause(paused);
        for (const id of [await created(), paused, await exited()]) await runtime.remove(id);
        expect(await runtime.list()).toEqual([]);
      });

      it('leaves the name free', async () => {
        const id = await exited();
        await runtime.remove(id);
        await runtime.create(under.container(id, 'pod'));
        expect(await stateOf(id)).toBe('created');
      });
    });

    describe('removeLayer', () => {
      it('of what is still here is refused, and afterwards leaves the name free', async () => {
        const id = await exited();
        await expect(runtime.removeLayer(id)).rejects.toMatchObject({ code: 'still-here' });
        await runtime.remove(id);
        for (let times = 0; times < 2; times++) await runtime.removeLayer(id);
        await runtime.create(under.container(id, 'pod'));
        expect(await stateOf(id)).toBe('created');
      });
    });

    describe('pause', () => {
      it('holds a program until it is told to go on', async () => {
        const id = await running();
        await runtime.pause(id);
        expect(await stateOf(id)).toBe('paused');
        await runtime.unpause(id);
        expect(await stateOf(id)).toBe('running');
        await runtime.kill(id, 'SIGUSR1');
        expect(await runtime.wait(id)).toMatchObject({ exitCode: 3 });
      });

      it('of what is paused and unpause of what runs change nothing', async () => {
        const id = await running();
        await runtime.unpause(id);
        expect(await stateOf(id)).toBe('running');
        for (let times = 0; times < 2; times++) await runtime.pause(id);
        expect(await stateOf(id)).toBe('paused');
        await runtime.unpause(id);
        expect(await stateOf(id)).toBe('running');
      });

      it('holds back every signal but SIGKILL', async () => {
        const [waits, dies] = [await running(), await running()];
        for (const id of [waits, dies]) await runtime.pause(id);
        await runtime.kill(waits, 'SIGTERM');
        await runtime.kill(dies, 'SIGKILL');
        expect(await runtime.wait(dies)).toMatchObject({ exitCode: 137 });
        expect(await stateOf(waits)).toBe('paused');
        await runtime.unpause(waits);
        expect(await runtime.wait(waits)).toMatchObject({ exitCode: 143 });
      });
    });

    describe('exec and attach', () => {
      it.each([0, 5])('tell the exit code %i of the process', async (exitCode) => {
        expect(await runtime.exec(await running(), under.exiting(exitCode), {})).toEqual({ exitCode });
      });

      it('attach lasts until the container ends', async () => {
        const id = await running();
        const order: string[] = [];
        const attached = runtime.attach(id, {}).then(() => order.push('attach is over'));
        const ended = runtime.wait(id).then(() => order.push('the container ended'));
        await runtime.kill(id, 'SIGUSR1');
        await Promise.all([attached, ended]);
        expect(order).toEqual(['the container ended', 'attach is over']);
      });

      it('attach lasts no longer than its signal', async () => {
        const id = await running();
        const client = new AbortController();
        const attached = runtime.attach(id, { signal: client.signal });
        client.abort();
        await attached;
        expect(await stateOf(id)).toBe('running');
      });
    });

    it('reads figures and sets limits of what runs', async () => {
      const id = await running();
      expect((await runtime.stats(id)).pids).toBeGreaterThan(0);
      await runtime.update(id, { cpuShares: 100 });
      await runtime.updateSandbox('pod', { cpuShares: 100 });
      await runtime.reopenLog(id);
      expect((await runtime.writableUsage(id)).bytes).toBeGreaterThanOrEqual(0);
      expect(await runtime.cgroupStats('/no/such/group')).toEqual({
        cpuUsageNs: 0,
        memoryUsageBytes: 0,
        memoryWorkingSetBytes: 0,
        memoryRssBytes: 0,
        pageFaults: 0,
        majorPageFaults: 0,
        pids: 0,
        oomEvents: 0,
      });
    });

    const calls: Record<string, (id: string) => Promise<unknown>> = {
      start: (id) => runtime.start(id),
      kill: (id) => runtime.kill(id, 'SIGTERM'),
      pause: (id) => runtime.pause(id),
      unpause: (id) => runtime.unpause(id),
      wait: (id) => runtime.wait(id),
      exec: (id) => runtime.exec(id, under.exiting(0), {}),
      attach: (id) => runtime.attach(id, {}),
      resize: (id) => runtime.resize(id, { columns: 80, rows: 25 }),
      update: (id) => runtime.update(id, { cpuShares: 2 }),
      stats: (id) => runtime.stats(id),
      reopenLog: (id) => runtime.reopenLog(id),
    };

    it.each(Object.keys(calls))('%s of what was never made is refused', async (call) => {
      await expect(calls[call]!('never')).rejects.toMatchObject({ code: 'container-not-found' });
    });

    it('sets no limits of what has ended', async () => {
      await runtime.update(await exited(), { cpuShares: 2 });
    });

    it('attach to what has ended shows what its log has from a byte on', async () => {
      await runtime.attach(await exited(), {}, 0);
    });

    it.each(['pause', 'unpause', 'exec', 'attach', 'resize', 'reopenLog'])('%s of what has ended is refused', async (call) => {
      await expect(calls[call]!(await exited())).rejects.toMatchObject({ code: 'not-running' });
    });

    it.each(['pause', 'unpause', 'exec', 'resize'])('%s of what is not started is refused', async (call) => {
      await expect(calls[call]!(await created())).rejects.toMatchObject({ code: 'not-running' });
    });
  });
}
