import {
  badRequest,
  type FieldError,
  invalid,
  managerFromUserAgent,
  type TypeTable,
  validateDeleteOptions,
  validatePatchParameters,
  validateWriteParameters,
} from '#api';
import type { DeleteOptions, ListRequest, WatchRequest, WriteOptions } from '../contract.ts';
import { isTrue } from '../request/request-info.ts';
import { readObject } from '../objects/codec.ts';
import { type Admitted, header } from './call.ts';

const refuse = (kind: string, errors: FieldError[]): void => {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
};

const text = (query: URLSearchParams, name: string): string | undefined => query.get(name) || undefined;
const boolean = (query: URLSearchParams, name: string): boolean | undefined => (query.has(name) ? isTrue(query.get(name)) : undefined);

function whole(query: URLSearchParams, name: string): number | undefined {
  const value = text(query, name);
  if (value === undefined) return undefined;
  if (!/^-?\d+$/.test(value)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: invalid syntax`);
  if (BigInt.asIntN(64, BigInt(value)) !== BigInt(value))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: value out of range`);
  return Number(value);
}

type ListParameters = Pick<
  ListRequest & WatchRequest,
  | 'labelSelector'
  | 'fieldSelector'
  | 'resourceVersion'
  | 'resourceVersionMatch'
  | 'limit'
  | 'continue'
  | 'sendInitialEvents'
  | 'allowWatchBookmarks'
  | 'timeoutSeconds'
>;

/** meta/v1 ListOptions of a query. */
export const listOptions = (query: URLSearchParams): ListParameters => ({
  labelSelector: text(query, 'labelSelector'),
  fieldSelector: text(query, 'fieldSelector'),
  resourceVersion: text(query, 'resourceVersion'),
  resourceVersionMatch: text(query, 'resourceVersionMatch'),
  limit: whole(query, 'limit'),
  continue: text(query, 'continue'),
  sendInitialEvents: boolean(query, 'sendInitialEvents'),
  allowWatchBookmarks: boolean(query, 'allowWatchBookmarks'),
  timeoutSeconds: whole(query, 'timeoutSeconds'),
});

const optionKinds = { create: 'CreateOptions', update: 'UpdateOptions', patch: 'PatchOptions' } as const;

/** CreateOptions, UpdateOptions and PatchOptions. Throws ApiError 422. */
export function writeOptions(admitted: Admitted, verb: keyof typeof optionKinds, apply = false): WriteOptions & { force?: boolean } {
  const { query, call, warnings } = admitted;
  const parameters = {
    fieldManager: text(query, 'fieldManager'),
    fieldValidation: text(query, 'fieldValidation'),
    dryRun: query.has('dryRun') ? query.getAll('dryRun').filter((value) => value !== '') : undefined,
    ...(query.has('force') && { force: isTrue(query.get('force')) }),
  };
  refuse(optionKinds[verb], verb === 'patch' ? validatePatchParameters(parameters, apply) : validateWriteParameters(parameters));
  return {
    fieldManager: parameters.fieldManager ?? managerFromUserAgent(header(call, 'user-agent')),
    dryRun: (parameters.dryRun?.length ?? 0) > 0,
    fieldValidation: (parameters.fieldValidation as WriteOptions['fieldValidation']) ?? 'Warn',
    ...(parameters.force !== undefined && { force: parameters.force }),
    warn: (message) => warnings.push(message),
  };
}

/** DeleteOptions of the body, or of the query when there is no body. Throws ApiError 400, 415, 422. */
export function deleteOptions(types: TypeTable, { query, call }: Admitted, body: Buffer): DeleteOptions {
  const options = body.length > 0 ? fromBody(types, body, header(call, 'content-type')) : fromQuery(query);
  refuse('DeleteOptions', validateDeleteOptions(options));
  return options;
}

const optionsGvk = { group: '', version: 'v1', kind: 'DeleteOptions' };

function fromBody(types: TypeTable, body: Buffer, mediaType = 'application/json'): DeleteOptions {
  const read = readObject(types, optionsGvk, { bytes: body, mediaType }, { fieldValidation: 'Ignore' });
  const { kind: _k, apiVersion: _a, ...options } = read;
  return options as DeleteOptions;
}

function fromQuery(query: URLSearchParams): DeleteOptions {
  return {
    gracePeriodSeconds: whole(query, 'gracePeriodSeconds'),
    propagationPolicy: text(query, 'propagationPolicy'),
    orphanDependents: boolean(query, 'orphanDependents'),
    ...(query.has('dryRun') && { dryRun: query.getAll('dryRun') }),
  };
}
