import { type FieldError, isDns1123Label, isDns1123Subdomain, isQualifiedName, required } from '#api';
import type { EndpointAddress, Endpoints, EndpointSubset } from '#api/types';
import { isValidIp, notSpecialIp } from '../../rules/addresses.ts';
import { complaints, oneOf, portNumber, protocols } from '../../rules/checks.ts';

/**
 * `k8s.io/kubernetes/pkg/apis/core/validation`, ValidateEndpoints. Loopback and link-local addresses are refused: by them an editor of
 * Endpoints could reach what only listens inside a node.
 */
export function validateEndpoints({ subsets }: Endpoints): FieldError[] {
  return (subsets ?? []).flatMap((subset, i) => validateSubset(subset, `subsets[${i}]`));
}

function validateSubset({ addresses = [], notReadyAddresses = [], ports = [] }: EndpointSubset, path: string): FieldError[] {
  return [
    ...(addresses.length + notReadyAddresses.length === 0 ? [required(path, 'must specify `addresses` or `notReadyAddresses`')] : []),
    ...addresses.flatMap((address, i) => validateAddress(address, `${path}.addresses[${i}]`)),
    ...notReadyAddresses.flatMap((address, i) => validateAddress(address, `${path}.notReadyAddresses[${i}]`)),
    ...ports.flatMap((port, i) => {
      const field = `${path}.ports[${i}]`;
      return [
        ...(!port.name && ports.length > 1 ? [required(`${field}.name`)] : []),
        ...(port.name ? complaints(isDns1123Label, port.name, `${field}.name`) : []),
        ...portNumber(port.port, `${field}.port`),
        ...oneOf(port.protocol, protocols, `${field}.protocol`),
        ...(port.appProtocol === undefined ? [] : complaints(isQualifiedName, port.appProtocol, `${field}.appProtocol`)),
      ];
    }),
  ];
}

function validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: string): FieldError[] {
  return [
    ...isValidIp(ip ?? '', `${path}.ip`),
    ...(hostname ? complaints(isDns1123Label, hostname, `${path}.hostname`) : []),
    ...(nodeName === undefined ? [] : complaints(isDns1123Subdomain, nodeName, `${path}.nodeName`)),
    ...notSpecialIp(ip ?? '', `${path}.ip`),
  ];
}
