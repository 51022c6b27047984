import { type FieldError, invalidValue, isQualifiedName, required, tooLong } from '#api';
import type { Event } from '#api/types';
import { complaints } from '../../rules/checks.ts';

const maxName = 128;
const maxNote = 1024;

/** Events with an `eventTime` follow the rules of events.k8s.io; those without are of old, when there were hardly any. */
export function validateEvent(event: Event): FieldError[] {
  const namespaces = validateNamespace(event);
  if (!event.eventTime) return namespaces;
  const { reportingComponent = '', reportingInstance = '', action = '', reason = '', message = '' } = event;
  const bounded = { reportingInstance, action, reason };
  return [
    ...namespaces,
    ...(reportingComponent ? complaints(isQualifiedName, reportingComponent, 'reportingComponent') : [required('reportingComponent')]),
    ...Object.entries(bounded).flatMap(([field, value]) =>
      value === '' ? [required(field)] : value.length > maxName ? [tooLong(field, maxName)] : [],
    ),
    ...(message.length > maxNote ? [tooLong('message', maxNote)] : []),
  ];
}

/** An event lives where its object lives; those about cluster-scoped objects live in `default` or `kube-system`. */
function validateNamespace({ metadata, involvedObject, eventTime }: Event): FieldError[] {
  const own = metadata.namespace ?? '';
  const theirs = involvedObject?.namespace ?? '';
  const homes = eventTime ? ['default', 'kube-system'] : ['', 'default'];
  const good = theirs === '' ? homes.includes(own) : own === theirs;
  return good ? [] : [invalidValue('involvedObject.namespace', theirs, 'does not match event.namespace')];
}
