import { ApiError, type FieldError, forbiddenField, invalid, notSupported } from '#api';
import type { ListRequest, WatchRequest } from '../contract.ts';

const refuse = (errors: FieldError[]): void => {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);
};

/** `k8s.io/apimachinery/pkg/apis/meta/internalversion/validation.ValidateListOptions`. Throws ApiError 422. */
export function checkListOptions(request: ListRequest & { sendInitialEvents?: boolean }): void {
  const { resourceVersion, resourceVersionMatch: match } = request;
  const errors: FieldError[] = [];
  if (request.sendInitialEvents !== undefined) errors.push(forbiddenField('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  if (match) {
    if (!resourceVersion)
      errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'));
    if (request.continue)
      errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'));
    if (match !== 'Exact' && match !== 'NotOlderThan') {
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']));
    }
    if (match === 'Exact' && resourceVersion === '0') {
      errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch "Exact" is forbidden for resourceVersion "0"'));
    }
  }
  refuse(errors);
  if (request.continue && resourceVersion && resourceVersion !== '0') {
    throw new ApiError({ code: 400, reason: 'BadRequest', message: 'specifying resource version is not allowed when using continue' });
  }
}

/**
 * As `checkListOptions`, for a watch: KEP-3157 asks for `resourceVersionMatch` wherever initial events are asked for. Throws ApiError 422.
 */
export function checkWatchOptions({ sendInitialEvents, resourceVersionMatch: match }: WatchRequest): void {
  const errors: FieldError[] = [];
  if (sendInitialEvents !== undefined) {
    if (!match)
      errors.push(forbiddenField('resourceVersionMatch', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'));
    else if (match !== 'NotOlderThan') errors.push(notSupported('resourceVersionMatch', match, ['NotOlderThan']));
  } else if (match) {
    errors.push(forbiddenField('resourceVersionMatch', 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'));
  }
  refuse(errors);
}
