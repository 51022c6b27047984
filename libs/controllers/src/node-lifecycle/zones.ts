import type { Node } from '#api/types';
import { nodeLabels } from '#objects';
import { readyCondition } from './health.ts';

export interface EvictionRates {
  /** `--node-eviction-rate`: nodes a second. */
  normal: number;
  /** `--secondary-node-eviction-rate`, in large zones where many nodes are down. */
  secondary: number;
  /** `--large-cluster-size-threshold` */
  largeZone: number;
  /** `--unhealthy-zone-threshold` */
  unhealthy: number;
}

export const defaultRates: EvictionRates = { normal: 0.1, secondary: 0.01, largeZone: 50, unhealthy: 0.55 };

export function zoneOf({ metadata: { labels } }: Node): string {
  return `${labels?.[nodeLabels.region] ?? ''}:${labels?.[nodeLabels.zone] ?? ''}`;
}

/**
 * Nodes a second whose pods may be driven off, by zone. When no node anywhere is ready, it is rather this process that is cut off, and
 * nothing is evicted: `pkg/controller/nodelifecycle`, handleDisruption and ComputeZoneState.
 */
export function evictionRates(nodes: readonly Node[], rates: EvictionRates = defaultRates): Map<string, number> {
  const zones = new Map<string, { ready: number; total: number }>();
  for (const node of nodes) {
    const zone = zones.get(zoneOf(node)) ?? { ready: 0, total: 0 };
    zone.total++;
    if (readyCondition(node)?.status === 'True') zone.ready++;
    zones.set(zoneOf(node), zone);
  }
  const nobodyReady = [...zones.values()].every((zone) => zone.ready === 0);
  return new Map([...zones].map(([name, zone]) => [name, nobodyReady ? 0 : rateOf(zone, rates)]));
}

function rateOf({ ready, total }: { ready: number; total: number }, rates: EvictionRates): number {
  const down = total - ready;
  const partlyDown = ready > 0 && down > 2 && down / total >= rates.unhealthy;
  if (!partlyDown) return rates.normal;
  return total > rates.largeZone ? rates.secondary : 0;
}
