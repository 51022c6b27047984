/** What a Compose file says that is wrong or cannot be served. The message begins with the place: `services.web.ports[0]`. */
export class ComposeError extends Error {
  override readonly name = 'ComposeError';
}

export const invalid = (path: string, what: string): ComposeError => new ComposeError(`${path}: ${what}`);

export const unsupported = (path: string, why?: string): ComposeError =>
  new ComposeError(`${path} is not supported by berth compose${why === undefined ? '' : `: ${why}`}`);
