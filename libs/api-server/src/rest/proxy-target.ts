export interface ProxyTarget {
  scheme: 'http' | 'https';
  name: string;
  /** A number, or a service port's name; '' when the request names none. */
  port: string;
}

/** `name`, `name:port` or `scheme:name:port`, each of scheme and port possibly empty, as proxy paths name pods, services and nodes. */
export function proxyTarget(text: string): ProxyTarget | undefined {
  const parts = text.split(':');
  if (parts.length > 3) return undefined;
  const [scheme, name, port] = parts.length === 3 ? parts : ['', ...parts, ''];
  if (!name || (scheme !== '' && scheme !== 'http' && scheme !== 'https')) return undefined;
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port: port ?? '' };
}
