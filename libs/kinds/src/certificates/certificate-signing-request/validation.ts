import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  notSupported,
  required,
  tooLong,
} from '#api';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '#api/types';
import { certificateFault, certificateUsages, verifyCertificateRequest } from '#pki';
import { textOf } from '../../rules/base64.ts';
import { semanticEqual } from '../../rules/equality.ts';

/** Cannot be asked for in v1; requests of v1beta1 may be left of it. */
const legacySigner = 'kubernetes.io/legacy-unknown';
const approvals = ['Approved', 'Denied'];
const decisive = [...approvals, 'Failed'];
const conditionsPath = 'status.conditions';

type Request = CertificateSigningRequest;
type Condition = CertificateSigningRequestCondition;

/** What a writer may do, and what was wrong before and so may stay wrong (`pkg/apis/certificates/validation`, getValidationOptions). */
interface Leave {
  setConditions?: boolean;
  setCertificate?: boolean;
}

/** `ValidateCertificateSigningRequestCreate`; with the object before it, all that is new in it is judged. */
export function validateRequest(request: Request, previous?: Request): FieldError[] {
  return [...validateSpec(request, previous), ...validateConditions(request, previous), ...validateCertificate(request, previous)];
}

export const validateRequestUpdate = (next: Request, previous: Request): FieldError[] => validateChange(next, previous, {});
export const validateStatusUpdate = (next: Request, previous: Request): FieldError[] =>
  validateChange(next, previous, { setCertificate: true });
export const validateApprovalUpdate = (next: Request, previous: Request): FieldError[] =>
  validateChange(next, previous, { setConditions: true });

function validateSpec({ spec }: Request, previous: Request | undefined): FieldError[] {
  const { request, signerName, usages = [], expirationSeconds } = spec;
  const errors: FieldError[] = [];
  const fault = requestFault(request);
  if (fault) errors.push(invalidValue('spec.request', request, fault));
  if (usages.length === 0) errors.push(required('spec.usages'));
  if (!previous) errors.push(...validateUsages(usages));
  if (signerName === legacySigner && previous?.spec.signerName !== legacySigner) {
    errors.push(invalidValue('spec.signerName', signerName, 'the legacy signerName is not allowed via this API version'));
  } else errors.push(...validateSignerName(signerName, 'spec.signerName'));
  if (expirationSeconds !== undefined && expirationSeconds < 600) {
    const why = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(invalidValue('spec.expirationSeconds', expirationSeconds, why));
  }
  return errors;
}

function requestFault(request: string): string | undefined {
  try {
    verifyCertificateRequest(textOf(request));
    return undefined;
  } catch (err) {
    return (err as Error).message;
  }
}

function validateUsages(usages: readonly string[]): FieldError[] {
  return [
    ...usages.flatMap((usage, i) =>
      certificateUsages.includes(usage) ? [] : [notSupported(`spec.usages[${i}]`, usage, certificateUsages)],
    ),
    ...usages.flatMap((usage, i) => (usages.indexOf(usage) < i ? [duplicate(`spec.usages[${i}]`, usage)] : [])),
  ];
}

const maxDomain = 253;
const maxPath = 253 + 63 + 1;

/** `ValidateSignerName`: a domain of at least two labels and a path, e.g. `example.com/signer`. */
export function validateSignerName(name: string, path: string): FieldError[] {
  if (!name) return [required(path)];
  const [domain = '', rest = '', ...more] = name.split('/');
  if (!name.includes('/') || more.length > 0) {
    return [invalidValue(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")];
  }
  const labels = domain.split('.');
  return [
    ...(domain.length > maxDomain ? [tooLong(path, maxDomain)] : []),
    ...firstFault(labels, isDns1123Label, (why) => invalidValue(path, domain, why)),
    ...(labels.length < 2 ? [invalidValue(path, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...firstFault(rest.split('.'), isDns1123Subdomain, (why) => invalidValue(path, rest, why)),
    ...(name.length > maxDomain + maxPath + 1 ? [tooLong(path, maxDomain + maxPath + 1)] : []),
  ];
}

/** Of the first label that is wrong: complaints about the others could not be told apart. */
function firstFault(labels: readonly string[], rule: (label: string) => string[], error: (why: string) => FieldError): FieldError[] {
  const wrong = labels.find((label) => rule(label).length > 0);
  return wrong === undefined ? [] : rule(wrong).map((why) => error(`validating label ${JSON.stringify(wrong)}: ${why}`));
}

function validateConditions({ status }: Request, previous: Request | undefined): FieldError[] {
  const conditions = status?.conditions ?? [];
  const before = previous?.status?.conditions ?? [];
  const mayDecideTwice = approvals.every((type) => ofType(before, type).length > 0);
  return conditions.flatMap(({ type, status: value }, i) => {
    const path = `${conditionsPath}[${i}]`;
    const earlier = conditions.slice(0, i);
    const values = decisive.includes(type ?? '') ? ['True'] : ['False', 'True', 'Unknown'];
    const other = approvals.includes(type ?? '') && approvals.find((each) => each !== type);
    return [
      ...(type || ofType(before, '').length > 0 ? [] : [required(`${path}.type`)]),
      ...(!value ? [required(`${path}.status`)] : values.includes(value) ? [] : [notSupported(`${path}.status`, value, values)]),
      ...(other && !mayDecideTwice && ofType(earlier, other).length > 0
        ? [invalidValue(`${path}.type`, type, 'Approved and Denied conditions are mutually exclusive')]
        : []),
      ...(ofType(earlier, type ?? '').length > 0 && !hasRepeats(before) ? [duplicate(`${path}.type`, type)] : []),
    ];
  });
}

const ofType = (conditions: readonly Condition[], type: string): Condition[] => conditions.filter((each) => (each.type ?? '') === type);
const hasRepeats = (conditions: readonly Condition[]): boolean => new Set(conditions.map(({ type }) => type)).size < conditions.length;

function validateCertificate({ spec, status }: Request, previous: Request | undefined): FieldError[] {
  const certificate = status?.certificate ?? '';
  const isFree = spec.signerName === legacySigner || (previous !== undefined && certificate === (previous.status?.certificate ?? ''));
  if (!certificate || isFree) return [];
  const fault = certificateFault(textOf(certificate));
  return fault ? [invalidValue('status.certificate', '<certificate data>', fault)] : [];
}

function validateChange(next: Request, previous: Request, leave: Leave): FieldError[] {
  const of = (request: Request, type: string): Condition[] => ofType(request.status?.conditions ?? [], type);
  const removed = decisive.filter((type) => of(next, type).length < of(previous, type).length);
  const errors = [
    ...validateRequest(next, previous),
    ...removed.map((type) => forbiddenField(conditionsPath, `updates may not remove a condition of type "${type}"`)),
  ];
  if (!leave.setConditions) {
    for (const type of approvals.filter((each) => !removed.includes(each))) {
      if (of(next, type).length > of(previous, type).length) {
        errors.push(forbiddenField(conditionsPath, `updates may not add a condition of type "${type}"`));
      } else if (!semanticEqual(of(next, type), of(previous, type))) {
        errors.push(forbiddenField(conditionsPath, `updates may not modify a condition of type "${type}"`));
      }
    }
  }
  const [certificate, before] = [next.status?.certificate ?? '', previous.status?.certificate ?? ''];
  if (certificate === before) return errors;
  if (!leave.setCertificate) errors.push(forbiddenField('status.certificate', 'updates may not set certificate content'));
  else if (before) errors.push(forbiddenField('status.certificate', 'updates may not modify existing certificate content'));
  return errors;
}
