import {
  duplicate,
  type FieldError,
  invalidValue,
  isDns1123Label,
  isDns1123Subdomain,
  isQualifiedName,
  isValidLabelValue,
  notSupported,
  required,
  tooMany,
  validateLabels,
} from '#api';
import type { DiscoveryEndpointPort as EndpointPort, Endpoint, EndpointSlice } from '#api/types';
import { familyOf, isValidIp, notSpecialIp } from '../../rules/addresses.ts';
import { complaints, portNumber, protocols } from '../../rules/checks.ts';
import { immutableField } from '../../rules/equality.ts';

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const maxEndpoints = 1000;
const maxAddresses = 100;
const maxPorts = 20_000;
const maxZones = 8;
const maxTopologyLabels = 16;

/** `k8s.io/kubernetes/pkg/apis/discovery/validation`, ValidateEndpointSlice. */
export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  const { addressType, endpoints = [], ports = [] } = slice;
  return [
    ...(!addressType
      ? [required('addressType')]
      : addressTypes.includes(addressType)
        ? []
        : [notSupported('addressType', addressType, addressTypes)]),
    ...validateEndpoints(endpoints ?? [], addressType),
    ...validatePorts(ports ?? []),
  ];
}

export const validateEndpointSliceUpdate = (next: EndpointSlice, previous: EndpointSlice): FieldError[] =>
  immutableField(next.addressType, previous.addressType, 'addressType');

function validateEndpoints(endpoints: readonly Endpoint[], addressType: string): FieldError[] {
  if (endpoints.length > maxEndpoints) return [tooMany('endpoints', endpoints.length, maxEndpoints)];
  return endpoints.flatMap((endpoint, i) => validateEndpoint(endpoint, addressType, `endpoints[${i}]`));
}

function validateEndpoint(endpoint: Endpoint, addressType: string, path: string): FieldError[] {
  const { addresses, nodeName, hostname, deprecatedTopology = {}, hints } = endpoint;
  const zones = hints?.forZones ?? [];
  const labels = Object.keys(deprecatedTopology).length;
  const first = new Map(zones.map(({ name }, i): [string, number] => [name, i]).toReversed());
  return [
    ...validateAddresses(addresses ?? [], addressType, `${path}.addresses`),
    ...(nodeName === undefined ? [] : complaints(isDns1123Subdomain, nodeName, `${path}.nodeName`)),
    ...validateLabels(deprecatedTopology, `${path}.deprecatedTopology`),
    ...(labels > maxTopologyLabels ? [tooMany(`${path}.deprecatedTopology`, labels, maxTopologyLabels)] : []),
    ...(hostname === undefined ? [] : complaints(isDns1123Label, hostname, `${path}.hostname`)),
    ...(zones.length > maxZones ? [tooMany(`${path}.hints.forZones`, zones.length, maxZones)] : []),
    ...zones.flatMap(({ name }, i) => [
      ...complaints(isValidLabelValue, name, `${path}.hints.forZones[${i}].name`),
      ...(first.get(name) !== i ? [duplicate(`${path}.hints.forZones[${i}].name`, name)] : []),
    ]),
  ];
}

function validateAddresses(addresses: readonly string[], addressType: string, path: string): FieldError[] {
  if (addresses.length === 0) return [required(path, 'must contain at least 1 address')];
  if (addresses.length > maxAddresses) return [tooMany(path, addresses.length, maxAddresses)];
  return addresses.flatMap((address, i) => {
    const field = `${path}[${i}]`;
    if (addressType === 'FQDN') return validateFqdn(address, field);
    const invalid = isValidIp(address, field);
    if (invalid.length > 0) return invalid;
    const wrongFamily = addressTypes.includes(addressType) && familyOf(address) !== addressType;
    return wrongFamily ? [invalidValue(field, address, `must be an ${addressType} address`)] : notSpecialIp(address, field);
  });
}

function validateFqdn(name: string, field: string): FieldError[] {
  if (name === '') return [required(field)];
  const bare = name.replace(/\.$/, '');
  const errors = isDns1123Subdomain(bare);
  if (errors.length > 0) return [invalidValue(field, bare, errors.join(','))];
  return bare.includes('.') ? [] : [invalidValue(field, bare, 'should be a domain with at least two segments separated by dots')];
}

function validatePorts(ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > maxPorts) return [tooMany('ports', ports.length, maxPorts)];
  const names = new Set<string>();
  return ports.flatMap((port, i) => {
    const field = `ports[${i}]`;
    const name = port.name ?? '';
    const errors = [
      ...(name ? complaints(isDns1123Label, name, `${field}.name`) : []),
      ...(names.has(name) ? [duplicate(`${field}.name`, name)] : []),
      ...(port.protocol === undefined
        ? [required(`${field}.protocol`)]
        : (protocols as readonly string[]).includes(port.protocol)
          ? []
          : [notSupported(`${field}.protocol`, port.protocol, protocols)]),
      ...(port.port === undefined ? [] : portNumber(port.port, `${field}.port`)),
      ...(port.appProtocol === undefined ? [] : complaints(isQualifiedName, port.appProtocol, `${field}.appProtocol`)),
    ];
    names.add(name);
    return errors;
  });
}
