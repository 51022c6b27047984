import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Random, writeFileAtomic } from '#base';
import type { Logger } from '#telemetry';
import type { IngressProxy, IngressState } from '../contract.ts';
import { type Applied, proxyChange } from './change.ts';
import { proxyFiles, type ProxySettings } from './config.ts';
import { defaultCertificate } from './default-certificate.ts';
import { Haproxy } from './haproxy.ts';
import { placeEndpoints, type Slots } from './slots.ts';

export interface IngressProxyOptions extends ProxySettings {
  clock: Clock;
  random: Random;
  logger: Logger;
}

/** HAProxy, told of endpoints and renewed certificates while it runs and reloaded for everything else (docs/adr/0017). */
export function createIngressProxy(options: IngressProxyOptions): IngressProxy {
  return new HaproxyIngress(options);
}

class HaproxyIngress implements IngressProxy {
  private readonly haproxy: Haproxy;
  private applied: Applied | undefined;
  private slots: ReadonlyMap<string, Slots> = new Map();
  private generation = '';

  constructor(private readonly options: IngressProxyOptions) {
    this.haproxy = new Haproxy(options);
    this.haproxy.onEnd(() => {
      this.applied = undefined;
      options.logger.warn('the ingress proxy has ended; it is started again');
    });
  }

  onEnd(listener: () => void): void {
    this.haproxy.onEnd(listener);
  }

  async apply(state: IngressState): Promise<void> {
    if (state.routes.length === 0) return this.stop();
    const served = await this.withDefaultCertificate(state);
    const slots = new Map(served.backends.map(({ name, endpoints }) => [name, placeEndpoints(this.slots.get(name), endpoints)]));
    const empty = new Map([...slots].map(([name, list]) => [name, list.map(() => undefined)]));
    const next: Applied = { structure: proxyFiles(served, empty, { ...this.options, generation: '' }), slots };
    const change = this.applied && this.haproxy.isRunning ? proxyChange(this.applied, next, this.options.directory) : reload;
    if (change.do === 'tell' && change.commands.length === 0) return;
    this.slots = slots;
    this.applied = undefined; // whatever happens from here on, the proxy may have done a part of it
    const isTold = change.do === 'tell' && (await this.told(change.commands));
    if (!isTold) this.generation = this.options.random.uuid();
    await this.write(served, slots);
    if (!isTold) await this.haproxy.load(this.generation);
    await this.removeOthers(next.structure.pems);
    this.applied = next;
  }

  async metrics(): Promise<string> {
    return this.haproxy.isRunning ? this.haproxy.metrics() : '';
  }

  close(): void {
    this.haproxy.unwatch();
  }

  private async stop(): Promise<void> {
    this.applied = undefined;
    this.slots = new Map();
    await this.haproxy.stop();
  }

  /** A change that is refused is made good by a reload. */
  private async told(commands: readonly string[]): Promise<boolean> {
    try {
      await this.haproxy.tell(commands);
      return true;
    } catch (err) {
      this.options.logger.warn({ err }, 'the ingress proxy did not take a change; it is reloaded');
      return false;
    }
  }

  private async withDefaultCertificate(state: IngressState): Promise<IngressState> {
    if (state.certificates.some(({ hosts }) => hosts.includes('*'))) return state;
    const { directory, clock } = this.options;
    return { ...state, certificates: [await defaultCertificate(directory, clock), ...state.certificates] };
  }

  /** What a new process reads, whoever starts it. */
  private async write(state: IngressState, slots: ReadonlyMap<string, Slots>): Promise<void> {
    const { directory } = this.options;
    await mkdir(join(directory, 'empty'), { recursive: true, mode: 0o755 });
    const { texts, pems } = proxyFiles(state, slots, { ...this.options, generation: this.generation });
    for (const [name, text] of [...pems, ...texts]) await writeFileAtomic(join(directory, name), text);
  }

  private async removeOthers(pems: ReadonlyMap<string, string>): Promise<void> {
    const { directory } = this.options;
    for (const name of await readdir(directory)) {
      if (name.endsWith('.pem') && !pems.has(name)) await rm(join(directory, name), { force: true });
    }
  }
}

const reload = { do: 'reload' } as const;
