import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Random, systemRandom } from '#base';
import { type Change, type Entry, type Store, StoreError, type Write, type WriteOutcome } from './contract.ts';

/*
 * Encryption at rest: AES-256-GCM with a key that Redis never sees. A sealed value reads `berth:sealed:v1:<key id>:<base64 of nonce, tag,
 * ciphertext>`; the store key is authenticated with it, so a sealed value copied to another key does not open. NIST SP 800-38D.
 */
const PREFIX = 'berth:sealed:v1:';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A key of encryption at rest. Its id lies open in every value that it sealed; Redis never sees its secret. */
export interface SealKey {
  /** Names the key in sealed values; no colon. */
  id: string;
  /** 32 bytes. */
  secret: Buffer;
}

/** Seals and opens values. Both take the store key, which binds a value to its place; `seal` answers another text at each call. */
export interface Sealing {
  seal(key: string, json: string): string;
  /** Returns what was not sealed as it is. Throws `StoreError` 'corrupt' when no key opens it. */
  open(key: string, value: string): string;
}

/** Seals with the first key and opens with any of them, so that a key can be rotated. */
export function createSealing(keys: readonly [SealKey, ...SealKey[]], random: Random = systemRandom): Sealing {
  for (const { id, secret } of keys) {
    if (secret.length !== 32 || id.includes(':') || id === '') throw new Error('a seal key is 32 bytes and has an id without a colon');
  }
  const byId = new Map(keys.map((key) => [key.id, key.secret]));
  return {
    seal(key, json) {
      const nonce = random.bytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', keys[0].secret, nonce);
      cipher.setAAD(Buffer.from(key));
      const text = Buffer.concat([cipher.update(json, 'utf8'), cipher.final()]);
      return `${PREFIX}${keys[0].id}:${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64')}`;
    },
    open(key, value) {
      if (!value.startsWith(PREFIX)) return value;
      const colon = value.indexOf(':', PREFIX.length);
      const id = value.slice(PREFIX.length, colon);
      const secret = byId.get(id);
      if (!secret) throw new StoreError('corrupt', `${key} is sealed with key "${id}", which is not among the seal keys given`);
      return decrypt(key, secret, Buffer.from(value.slice(colon + 1), 'base64'));
    },
  };
}

/** Throws `StoreError` 'corrupt': with GCM a wrong key, a changed byte and a value from another place cannot be told apart. */
function decrypt(key: string, secret: Buffer, sealed: Buffer): string {
  try {
    const decipher = createDecipheriv('aes-256-gcm', secret, sealed.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(key));
    decipher.setAuthTag(sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    return decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw new StoreError('corrupt', `${key}: the sealed value has been altered, or belongs to another key`, { cause });
  }
}

/** A store whose values are sealed below it: callers read and write plain JSON. `mustSeal` chooses the keys, e.g. Secrets. */
export function sealedStore(store: Store, sealing: Sealing, mustSeal: (key: string) => boolean): Store {
  const open = <T extends Entry | Change>(entry: T): T => {
    const value = entry.value === undefined ? undefined : sealing.open(entry.key, entry.value);
    return value === entry.value ? entry : { ...entry, value };
  };
  const seal = (write: Write): Write =>
    write.value !== undefined && mustSeal(write.key) ? { ...write, value: sealing.seal(write.key, write.value) } : write;
  const openOutcome = (outcome: WriteOutcome): WriteOutcome => {
    if (outcome.ok) return outcome.previous ? { ...outcome, previous: open(outcome.previous) } : outcome;
    return 'current' in outcome && outcome.current ? { ...outcome, current: open(outcome.current) } : outcome;
  };
  return {
    write: async (writes) => (await store.write(writes.map(seal))).map(openOutcome),
    async get(key) {
      const entry = await store.get(key);
      return entry && open(entry);
    },
    async list(prefix) {
      const { entries, revision } = await store.list(prefix);
      return { entries: entries.map(open), revision };
    },
    revision: () => store.revision(),
    async *changes(after, signal) {
      for await (const batch of store.changes(after, signal)) yield batch.map(open);
    },
    claims: (prefix) => store.claims(prefix),
    close: () => store.close(),
  };
}
