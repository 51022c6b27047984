import {
  checkName,
  type FieldError,
  invalidValue,
  isDns1123Subdomain,
  isPathSegmentName,
  isValidPortName,
  isValidPortNum,
  isWildcardDns1123Subdomain,
  notSupported,
  required,
} from '#api';
import type {
  HTTPIngressPath,
  HTTPIngressRuleValue,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressServiceBackend,
  IngressTLS,
  TypedLocalObjectReference,
} from '#api/types';
import { ingressClassAnnotation } from '#objects';
import { familyOf, isValidIp } from '../../rules/addresses.ts';
import { complaints } from '../../rules/checks.ts';

/*
 * `k8s.io/kubernetes/pkg/apis/networking/validation`, ValidateIngressCreate, ValidateIngressUpdate and ValidateIngressStatusUpdate.
 */

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];
const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badSuffixes = ['/..', '/.'];

export function validateIngress({ spec }: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec ?? {};
  return [
    ...(rules.length === 0 && !defaultBackend ? [invalidValue('spec', null, 'either `defaultBackend` or `rules` must be specified')] : []),
    ...(defaultBackend ? validateBackend(defaultBackend, 'spec.defaultBackend') : []),
    ...rules.flatMap((rule, i) => validateRule(rule, `spec.rules[${i}]`)),
    ...tls.flatMap((entry, i) => validateTls(entry, `spec.tls[${i}]`)),
    ...(ingressClassName === undefined ? [] : complaints(isDns1123Subdomain, ingressClassName, 'spec.ingressClassName')),
  ];
}

export function validateIngressCreate({ metadata, spec }: Ingress): FieldError[] {
  const annotated = metadata.annotations?.[ingressClassAnnotation];
  if (annotated === undefined || spec?.ingressClassName === undefined || annotated === spec.ingressClassName) return [];
  return [invalidValue(`annotations.${ingressClassAnnotation}`, annotated, 'must match `ingressClassName` when both are specified')];
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  return (status?.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }, i) => {
    const field = `status.loadBalancer.ingress[${i}]`;
    return [
      ...(ip ? isValidIp(ip, `${field}.ip`) : []),
      ...(hostname ? complaints(isDns1123Subdomain, hostname, `${field}.hostname`) : []),
      ...(hostname && familyOf(hostname) ? [invalidValue(`${field}.hostname`, hostname, noAddress)] : []),
    ];
  });
}

const noAddress = 'must be a DNS name, not an IP address';

/** A name, or `*.` and a name. */
const validateHost = (host: string, field: string): FieldError[] =>
  complaints(host.includes('*') ? isWildcardDns1123Subdomain : isDns1123Subdomain, host, field);

function validateTls({ hosts = [], secretName }: IngressTLS, path: string): FieldError[] {
  return [
    ...hosts.flatMap((host, i) => validateHost(host, `${path}.hosts[${i}]`)),
    ...(secretName ? complaints(isDns1123Subdomain, secretName, `${path}.secretName`) : []),
  ];
}

function validateRule({ host = '', http }: IngressRule, path: string): FieldError[] {
  return [
    ...(host && familyOf(host) ? [invalidValue(`${path}.host`, host, noAddress)] : []),
    ...(host ? validateHost(host, `${path}.host`) : []),
    ...(http ? validateRuleValue(http, `${path}.http`) : []),
  ];
}

function validateRuleValue({ paths }: Partial<HTTPIngressRuleValue>, path: string): FieldError[] {
  return [
    ...((paths ?? []).length === 0 ? [required(`${path}.paths`)] : []),
    ...(paths ?? []).flatMap((each, i) => validatePath(each, `${path}.paths[${i}]`)),
  ];
}

function validatePath({ path = '', pathType, backend }: HTTPIngressPath, field: string): FieldError[] {
  if (pathType === undefined || pathType === null) return [required(`${field}.pathType`, 'pathType must be specified')];
  const invalid = (detail: string): FieldError => invalidValue(`${field}.path`, path, detail);
  const isRelative = !path.startsWith('/');
  const errors: FieldError[] = [];
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (isRelative) errors.push(invalid('must be an absolute path'));
    errors.push(
      ...badSequences.filter((each) => path.includes(each)).map((each) => invalid(`must not contain '${each}'`)),
      ...badSuffixes.filter((each) => path.endsWith(each)).map((each) => invalid(`cannot end with '${each}'`)),
    );
  } else if (pathType === 'ImplementationSpecific') {
    if (path && isRelative) errors.push(invalid('must be an absolute path'));
  } else {
    errors.push(notSupported(`${field}.pathType`, pathType, pathTypes));
  }
  return [...errors, ...validateBackend(backend, `${field}.backend`)];
}

function validateBackend({ resource, service }: IngressBackend, field: string): FieldError[] {
  if (resource && service) return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (resource) return validateResource(resource, `${field}.resource`);
  if (service) return validateService(service, field);
  return [invalidValue(field, '', 'resource or service backend is required')];
}

function validateService({ name, port }: IngressServiceBackend, field: string): FieldError[] {
  const named = name
    ? checkName('dns-1035-label', name).map((message) => invalidValue(`${field}.service.name`, name, message))
    : [required(`${field}.service.name`)];
  return [...named, ...validatePort(port ?? {}, field)];
}

function validatePort({ name, number }: NonNullable<IngressServiceBackend['port']>, field: string): FieldError[] {
  const at = `${field}.service.port`;
  if (name && number) return [invalidValue(field, '', 'cannot set both port name & port number')];
  if (name) return complaints(isValidPortName, name, `${at}.name`);
  if (number) return isValidPortNum(number).map((message) => invalidValue(`${at}.number`, number, message));
  return [required(field, 'port name or number is required')];
}

function validateResource({ apiGroup, kind, name }: TypedLocalObjectReference, field: string): FieldError[] {
  const segment = (value: string | undefined, at: string): FieldError[] =>
    value ? complaints(isPathSegmentName, value, at) : [required(at)];
  return [
    ...(apiGroup === undefined || apiGroup === null ? [] : complaints(isDns1123Subdomain, apiGroup, `${field}.apiGroup`)),
    ...segment(kind, `${field}.kind`),
    ...segment(name, `${field}.name`),
  ];
}
