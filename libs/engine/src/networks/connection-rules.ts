import { canonicalIp, isInCidr } from '#api';
import type { EndpointConfig } from '../containers/record.ts';
import { badParameter, EngineError } from '../errors.ts';
import { answersNames } from './endpoint.ts';
import type { NetworkRecord } from './network-record.ts';

/** Whether a network can give what is asked for. Throws with Docker's words. Pure. */
export function checkEndpoint(network: NetworkRecord, { IPAMConfig, Aliases, MacAddress }: EndpointConfig): void {
  if (MacAddress && !isMac(MacAddress)) throw badParameter(`invalid MAC address: ${MacAddress}`);
  const asked = [
    { text: IPAMConfig?.IPv4Address, family: 'IPv4' },
    { text: IPAMConfig?.IPv6Address, family: 'IPv6' },
  ].filter(({ text }) => text);
  for (const { text, family } of asked) {
    const ip = canonicalIp(text!);
    if (ip === undefined || ip.includes(':') !== (family === 'IPv6')) throw badParameter(`invalid ${family} address: ${text}`);
  }
  if (network.driver !== 'bridge' || !answersNames(network)) {
    if (asked.length > 0) throw badParameter('user specified IP address is supported on user defined networks only');
    if (Aliases?.length) throw badParameter('network-scoped alias is supported only for containers in user defined networks');
    return;
  }
  if (asked.length > 0 && !network.hasOwnRanges) {
    throw badParameter('user specified IP address is supported only when connecting to networks with user configured subnets');
  }
  for (const { text } of asked) {
    if (!network.ranges.some(({ subnet }) => isInCidr(text!, subnet))) {
      throw badParameter(`invalid endpoint settings:\nno configured subnet contains IP address ${text}`);
    }
  }
}

export const isMac = (text: string): boolean => /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text);

/** Whether a container that is in some networks can be in this one too. Throws with Docker's words. Pure. */
export function checkCompany(network: NetworkRecord, others: readonly NetworkRecord[]): void {
  if (network.driver === 'host') {
    throw badParameter('cannot connect container to host network - container must be created in host network mode');
  }
  if (others.some(({ driver }) => driver === 'host')) {
    throw new EngineError(
      403,
      'container sharing network namespace with another container or host cannot be connected to any other network',
    );
  }
  if (network.driver === 'null' || others.some(({ driver }) => driver === 'null')) {
    throw new EngineError(403, 'container cannot be connected to multiple networks with one of the networks in private (none) mode');
  }
}
