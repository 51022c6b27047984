import type { BlockIoLimits, ContainerLimits, DeviceRate } from '../containers.contract.ts';
import type { OciResources } from './oci-types.ts';

/** Numbers of the device at a path of this machine; throws where none is. */
export type DeviceNumbers = (path: string) => { major: number; minor: number };

/** OCI runtime-spec, "Control groups"; for `config.json`, and for `crun update`, which leaves what is not named. */
export function ociResources(limits: ContainerLimits, numbersOf: DeviceNumbers): OciResources {
  return {
    ...some('cpu', {
      shares: limits.cpuShares,
      quota: limits.cpuQuotaUs,
      period: limits.cpuPeriodUs ?? (limits.cpuQuotaUs === undefined ? undefined : 100_000),
      cpus: limits.cpus,
      mems: limits.memoryNodes,
      realtimePeriod: limits.cpuRealtimePeriodUs,
      realtimeRuntime: limits.cpuRealtimeRuntimeUs,
    }),
    ...some('memory', {
      limit: limits.memoryLimitBytes,
      swap: limits.memorySwapBytes,
      reservation: limits.memoryReservationBytes,
      swappiness: limits.memorySwappiness,
      disableOOMKiller: limits.oomKillDisabled,
    }),
    ...some('pids', { limit: limits.pidsLimit }),
    ...(limits.blockIo && { blockIO: blockIo(limits.blockIo, numbersOf) }),
  };
}

function blockIo(
  { weight, weights, readBps, writeBps, readIops, writeIops }: BlockIoLimits,
  numbersOf: DeviceNumbers,
): OciResources['blockIO'] {
  const rates = (all: DeviceRate[]) => all.map(({ path, rate }) => ({ ...numbersOf(path), rate }));
  return {
    ...(weight !== undefined && { weight }),
    weightDevice: weights.map((each) => ({ ...numbersOf(each.path), weight: each.weight })),
    throttleReadBpsDevice: rates(readBps),
    throttleWriteBpsDevice: rates(writeBps),
    throttleReadIOPSDevice: rates(readIops),
    throttleWriteIOPSDevice: rates(writeIops),
  };
}

/** Only what is given, and nothing at all where nothing is. */
function some(name: string, fields: Record<string, unknown>): object {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length > 0 ? { [name]: Object.fromEntries(given) } : {};
}
