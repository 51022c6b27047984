import { gvkOf, type KubeObject } from '#api';
import type { Write } from '#store';
import type { ServedKind } from '../contract.ts';
import type { Core } from '../core.ts';
import { withSystemFields } from '../objects/metadata.ts';
import { storedText } from '../objects/stored-text.ts';
import { keyFor } from './cache-reads.ts';

interface Recorded {
  outcome: 'created' | 'updated' | 'deleted';
  kind: ServedKind;
  object: KubeObject;
  previous?: KubeObject;
}

/** What is written with an object because it records what that holds (`KindDefinition.records`). */
export function recordWrites(core: Core, { outcome, kind, object, previous }: Recorded): Write[] {
  const { definition } = kind;
  if (!definition.records) return [];
  const { made, dropped } = definition.records(outcome === 'deleted' ? undefined : object, previous);
  const write = (record: KubeObject, isMade: boolean): Write[] => {
    const kindOfRecord = core.kinds.ofGvk(gvkOf(record));
    if (!kindOfRecord) return [];
    const { namespace = '', name = '' } = record.metadata;
    const value = isMade ? storedText(withSystemFields(record, kindOfRecord, core)) : undefined;
    return [{ key: keyFor(kindOfRecord, namespace, name), expect: 'follows', value }];
  };
  return [...dropped.flatMap((record) => write(record, false)), ...made.flatMap((record) => write(record, true))];
}
