import { alreadyExists, ApiError, conflict, invalid, invalidValue, objectModified, pageNotFound } from '#api';
import type { KubeObject } from '#api';
import type { CachedObject, Write, WriteOutcome } from '#store';
import type { AdmissionRequest, ServedKind, Written } from '../contract.ts';
import type { Core } from '../core.ts';
import { storedText, WrittenObject } from '../objects/stored-text.ts';
import { groupResource, servedIn } from './cache-reads.ts';
import { commit, mayHaveHappened } from './commit.ts';
import { checkSize } from './object-size.ts';
import { recordWrites } from './records.ts';

/** What one look at the present state leads to. */
export type Decision =
  /** Nothing for the store to do. */
  | { do: 'answer'; written: Written }
  | {
      do: 'write';
      outcome: 'created' | 'updated' | 'deleted';
      kind: ServedKind;
      key: string;
      expect: Write['expect'];
      object: KubeObject;
      /** The object as it was; none at a create. */
      previous?: KubeObject;
      claims?: string[];
      /** What the plugins charge it for. */
      charge?: AdmissionRequest;
    };

/** What went wrong in the attempts before, so that the next look does otherwise. */
export interface Attempt {
  /** From 1. */
  number: number;
  /** Claims that turned out to be another's. */
  taken: ReadonlySet<string>;
}

/** Other writers may win this often in a row; a generated name may be taken this often. */
const MAX_ATTEMPTS = 16;

/** What a write takes of what is limited. */
export interface Account {
  /** Takes what this try needs, and no more than once what all of them need. Throws ApiError when it is not to be had. */
  settle(request: AdmissionRequest | undefined): Promise<void>;
  /** The write is there, or may be. */
  keep(): void;
  /** The write did not happen. */
  giveBack(): Promise<void>;
}

interface Writing {
  dryRun?: boolean;
  /** Of writes that plugins may charge. */
  charges?: Account;
  /** Whether the client may be spared this refusal. A claim that somebody else took is always tried again, with another. */
  retries: (reason: 'conflict' | 'exists' | 'absent') => boolean;
}

/**
 * Looks, decides and writes until no other writer interferes. `retries(outcome)` says whether a refused write may be decided again:
 * a client that named the version which it changes wants to hear of the conflict. What the write is charged it gives back when it fails.
 */
export async function untilWritten(
  core: Core,
  decide: (attempt: Attempt) => Promise<Decision>,
  { dryRun, charges, retries }: Writing,
): Promise<Written> {
  const taken = new Set<string>();
  let endTurn: (() => void) | undefined;
  try {
    for (let number = 1; ; number++) {
      const decision = await decide({ number, taken });
      if (decision.do === 'answer') return decision.written;
      const text = storedText(decision.object);
      if (decision.outcome !== 'deleted') checkSize(core.encoder, decision.object, text);
      const told = answerOf(decision, text);
      await charges?.settle(decision.charge);
      // It may have been taken out of the catalogue since the request began.
      if (!core.kinds.find(decision.kind.resource)) throw pageNotFound();
      if (dryRun) return dryAnswer(core, decision, told);
      const outcome = await commit(core.store, [toWrite(decision, text), ...recordWrites(core, decision)]).catch((err: unknown) => {
        if (mayHaveHappened(err)) charges?.keep();
        throw err;
      });
      if (outcome.ok) charges?.keep();
      if (outcome.ok) return told(outcome.revision);
      if (outcome.reason === 'claimed') taken.add(outcome.claim);
      const again = number < MAX_ATTEMPTS && (outcome.reason === 'claimed' || retries(outcome.reason));
      if (!again) throw refusal(decision, outcome);
      endTurn ??= await core.turns.take(decision.key);
      if (outcome.reason !== 'claimed') await lookAgain(core, outcome);
    }
  } finally {
    await charges?.giveBack();
    endTurn?.();
  }
}

/** Everything that is told of a write but its revision, made before it: what is written can no longer fail. */
function answerOf({ outcome, kind, object }: Extract<Decision, { do: 'write' }>, text: string): (revision: number) => Written {
  if (!kind.version) return (revision) => ({ outcome, served: new WrittenObject(object, revision, text) });
  const shown = kind.version.fromStored(object);
  const shownText = storedText(shown);
  return (revision) => ({ outcome, served: new WrittenObject(shown, revision, shownText) });
}

/** What is there already is refused by the store; a dry run has to look. */
function dryAnswer(core: Core, decision: Extract<Decision, { do: 'write' }>, told: (revision: number) => Written): Written {
  if (decision.expect === 'absent' && core.cache.get(decision.key)) {
    throw alreadyExists(groupResource(decision.kind), decision.object.metadata.name ?? '');
  }
  return told(typeof decision.expect === 'number' ? decision.expect : 0);
}

/** The decision as the store understands it. Deleting gives up all claims by itself, so a delete names none. */
function toWrite({ outcome, kind, key, expect, claims }: Extract<Decision, { do: 'write' }>, text: string): Write {
  const { ttlSeconds } = kind.definition;
  const value = outcome === 'deleted' ? undefined : text;
  return { key, expect, value, ...(claims && { claims }), ...(ttlSeconds && outcome !== 'deleted' && { ttlSeconds }) };
}

/** Waits for the state that the store refused us for. */
async function lookAgain(core: Core, outcome: Exclude<WriteOutcome, { ok: true }>): Promise<void> {
  const current = outcome.reason === 'claimed' ? undefined : outcome.current;
  if (current) await core.cache.waitFor(current.revision);
  else await core.cache.sync();
}

/**
 * The error for a write that is not tried again. `exists` can only come of a create, `conflict` and `absent` of a change that named its
 * version.
 */
function refusal(decision: Extract<Decision, { do: 'write' }>, outcome: Exclude<WriteOutcome, { ok: true }>): ApiError {
  const resource = groupResource(decision.kind);
  const name = decision.object.metadata.name ?? '';
  if (outcome.reason === 'exists') return alreadyExists(resource, name);
  if (outcome.reason === 'claimed') {
    return invalid(decision.kind.definition.gvk, name, [invalidValue('spec', outcome.claim, `is already allocated to ${outcome.holder}`)]);
  }
  return conflict(resource, name, objectModified);
}

/** The answer to a write that would change nothing: upstream writes nothing then, so `resourceVersion` stays and watchers hear nothing. */
export const unchanged = (kind: ServedKind, current: CachedObject): Written => ({ outcome: 'unchanged', served: servedIn(kind, current) });
