import { type EventAction, eventActions } from '../notifications/event.ts';
import { count, duration, list, object, oneOf, optional, type Reader, SettingsError, table, text, webAddress } from './reader.ts';

/** Somebody who is told what happens; the Docker registry's `notifications.endpoints`. */
export interface EndpointSettings {
  /** Of its queue on disk too. */
  name: string;
  url: URL;
  headers: ReadonlyMap<string, string>;
  timeout?: number | undefined;
  ignore?: { actions: readonly EventAction[]; mediaTypes: readonly string[] } | undefined;
  /** So many events wait at most; more are dropped. */
  queue?: number | undefined;
}

const endpointName: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || !/^[a-z0-9][a-z0-9._-]{0,62}$/.test(value))
    throw new SettingsError(`${at}: must be a name of small letters, digits, . _ and -`);
  return value;
};

const headerText: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || !/^[\t\x20-\x7e]+$/.test(value)) throw new SettingsError(`${at}: must be a text of one line`);
  return value;
};

export const endpointSettings = object<EndpointSettings>({
  name: endpointName,
  url: webAddress,
  headers: (value, at) => {
    const headers = table(headerText)(value, at);
    for (const name of headers.keys()) if (!/^[\w-]+$/.test(name)) throw new SettingsError(`${at}.${name}: not a name of a header`);
    return headers;
  },
  timeout: optional(duration),
  ignore: optional(object<NonNullable<EndpointSettings['ignore']>>({ actions: list(oneOf(...eventActions)), mediaTypes: list(text) })),
  queue: optional(count),
});
