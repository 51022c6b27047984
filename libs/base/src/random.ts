import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** Randomness as an argument, so that a seed replays a run. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, limit). */
  below(limit: number): number;
  /** Fit for keys and salts when the source is `systemRandom`. */
  bytes(length: number): Buffer;
  /** Version 4 (RFC 9562, 5.4), in lower case. */
  uuid(): string;
}

/** The kernel's generator, by way of node:crypto. `below` takes limits up to 2^48 - 1. */
export const systemRandom: Random = {
  next: () => randomInt(2 ** 32) / 2 ** 32,
  below: (limit) => randomInt(limit),
  bytes: (length) => randomBytes(length),
  uuid: () => randomUUID(),
};

/** Letters that cannot form words, as Kubernetes' `k8s.io/apimachinery/pkg/util/rand` uses for generated names. */
const nameAlphabet = 'bcdfghjklmnpqrstvwxz2456789';

/** A suffix for generated names, 5 characters unless told otherwise. */
export function nameSuffix(random: Random, length = 5): string {
  return Array.from({ length }, () => nameAlphabet[random.below(nameAlphabet.length)]).join('');
}
