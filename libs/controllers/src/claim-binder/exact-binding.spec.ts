import fc from 'fast-check';
import type { KubeObject } from '#api';
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types';
import { isKeptFor, storageNames, volumeClassOf } from '#objects';
import { claim, volume } from '../testing/volumes.ts';
import { reconcile as reconcileVolume } from '../volume-binder/reconcile.ts';
import { reconcile } from './reconcile.ts';

type Objects<T> = Map<string, T>;
interface View {
  claims: Objects<PersistentVolumeClaim>;
  volumes: Objects<PersistentVolume>;
}
const now = new Date('2026-01-01T00:00:00Z');

class Refused extends Error {}

/**
 * Claims and volumes behind an api-server that refuses writes to what has changed, and two controller-managers before it, one of which
 * does not know yet that it leads no more: each sees what it saw last, and is stopped between any two of its writes.
 */
class World implements View {
  readonly claims: Objects<PersistentVolumeClaim> = new Map();
  readonly volumes: Objects<PersistentVolume> = new Map();
  private readonly seen: View[] = [0, 1].map(() => ({ claims: new Map(), volumes: new Map() }));
  private version = 1;
  private made = 0;

  add(what: 'claims' | 'volumes', spec: object): void {
    const name = `${what}-${this.made++}`;
    // The name is that of one before it at times; the uid never is.
    if (what === 'claims')
      this.put(this.claims, { ...claim(`c${this.made % 4}`, spec), metadata: { ...claim(`c${this.made % 4}`).metadata, uid: name } });
    else this.put(this.volumes, volume(name, spec));
  }

  remove(which: number): void {
    const name = [...this.claims.keys()][which % Math.max(1, this.claims.size)];
    if (name) this.claims.delete(name);
  }

  look(who: number, what: keyof View): void {
    this.seen[who]![what] = new Map<string, never>(this[what] as unknown as Map<string, never>);
  }

  stepClaim(who: number, which: number, writes: number): void {
    const { claims, volumes } = this.seen[who]!;
    const of = [...claims.values()][which % Math.max(1, claims.size)];
    if (!of) return;
    const around = { storageClass: undefined, defaultClass: undefined, waitingPods: [], node: undefined };
    const found = [...volumes.values()].filter((each) => isKeptFor(each, of) || (!each.spec.claimRef && volumeClassOf(each) === ''));
    const { actions } = reconcile({ claim: of, volume: volumes.get(of.spec.volumeName ?? ''), volumes: found, ...around }, now);
    this.carryOut(
      writes,
      actions
        .filter(({ do: what }) => what !== 'tell')
        .map((action) => () => {
          if (action.do === 'keepVolume') this.update(this.volumes, action.volume);
          else if (action.do === 'writeClaim') this.update(this.claims, action.claim);
          else if (action.do === 'writeVolumeStatus') this.status(this.volumes, action.volume, action.status);
          else if (action.do === 'writeClaimStatus') this.status(this.claims, action.claim, action.status);
        }),
    );
  }

  stepVolume(who: number, which: number, writes: number): void {
    const { volumes } = this.seen[who]!;
    const of = [...volumes.values()][which % Math.max(1, volumes.size)];
    if (!of) return;
    // Who misses a claim in the cache asks the api-server.
    const named = (view: View): PersistentVolumeClaim | undefined =>
      [...view.claims.values()].find(({ metadata }) => metadata.uid === of.spec.claimRef?.uid);
    const { actions } = reconcileVolume({ volume: of, claim: named(this.seen[who]!) ?? named(this), isNodeGone: false }, now);
    this.carryOut(
      writes,
      actions.map((action) => () => {
        if (action.do === 'writeVolume') this.update(this.volumes, action.volume);
        else if (action.do === 'writeVolumeStatus') this.status(this.volumes, action.volume, action.status);
      }),
    );
  }

  /** Pairs of a volume and the claims that have it for their own. */
  holders(): [string, number][] {
    const bound = [...this.claims.values()].filter(
      ({ metadata, status }) => status?.phase === 'Bound' && metadata.annotations?.[storageNames.bindCompleted],
    );
    const names = new Set(bound.map(({ spec }) => spec.volumeName ?? ''));
    return [...names].map((name) => [name, bound.filter(({ spec }) => spec.volumeName === name).length]);
  }

  /** All is told to everybody, and done, until nothing is left to do. */
  settle(): void {
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < Math.max(this.claims.size, this.volumes.size); i++) {
        for (const what of ['claims', 'volumes'] as const) this.look(0, what);
        this.stepVolume(0, i, 9);
        this.look(0, 'volumes');
        this.stepClaim(0, i, 9);
      }
    }
  }

  private carryOut(writes: number, actions: readonly (() => void)[]): void {
    try {
      for (const action of actions.slice(0, writes)) action();
    } catch (err) {
      if (!(err instanceof Refused)) throw err;
    }
  }

  private put<T extends KubeObject>(into: Objects<T>, object: T): void {
    into.set(object.metadata.name ?? '', { ...object, metadata: { ...object.metadata, resourceVersion: String(this.version++) } });
  }

  private update<T extends PersistentVolume | PersistentVolumeClaim>(into: Objects<T>, object: T): void {
    const present = into.get(object.metadata.name ?? '');
    const named = (of: T | undefined): string | undefined => (of?.spec as { volumeName?: string } | undefined)?.volumeName;
    if (present?.metadata.resourceVersion !== object.metadata.resourceVersion) throw new Refused();
    if (named(present) && named(present) !== named(object)) throw new Refused();
    this.put(into, { ...object, status: present?.status });
  }

  private status<T extends KubeObject>(into: Objects<T>, { metadata }: T, status: object): void {
    const present = into.get(metadata.name ?? '');
    if (present?.metadata.uid !== metadata.uid) throw new Refused();
    this.put(into, { ...present!, status });
  }
}

const who = fc.nat(1);
const which = fc.nat(5);
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('claim' as const, 'volume' as const),
      who,
      which,
      writes: fc.constantFrom(1, 2, 3, 4, 4, 4),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('look' as const), who, what: fc.constantFrom('claims' as const, 'volumes' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('add' as const), what: fc.constantFrom('claims' as const, 'volumes' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), which }) },
);

it('no volume is given to two claims, whoever is killed wherever, and every claim that can gets one in the end', () => {
  fc.assert(
    fc.property(fc.array(event, { minLength: 10, maxLength: 60, size: 'max' }), (events) => {
      const world = new World();
      for (const what of ['claims', 'claims', 'volumes', 'volumes'] as const) world.add(what, {});
      for (const each of [0, 1]) for (const what of ['claims', 'volumes'] as const) world.look(each, what);
      for (const each of events) {
        if (each.do === 'claim') world.stepClaim(each.who, each.which, each.writes);
        else if (each.do === 'volume') world.stepVolume(each.who, each.which, each.writes);
        else if (each.do === 'look') world.look(each.who, each.what);
        else if (each.do === 'add') world.add(each.what, {});
        else world.remove(each.which);
        expect(world.holders().filter(([, count]) => count > 1)).toEqual([]);
      }
      world.settle();
      const unbound = [...world.claims.values()].filter(({ status }) => status?.phase !== 'Bound');
      const free = [...world.volumes.values()].filter(({ spec }) => !spec.claimRef);
      expect(Math.min(unbound.length, free.length)).toBe(0);
      for (const { metadata, spec } of world.claims.values()) {
        if (spec.volumeName) expect(world.volumes.get(spec.volumeName)?.spec.claimRef?.uid).toBe(metadata.uid);
      }
    }),
    { numRuns: 300 },
  );
});
