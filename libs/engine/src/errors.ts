/** What the Engine API answers: the code and, as `message`, Docker's words. Docker Engine API, "Errors". */
export class EngineError extends Error {
  constructor(
    readonly status: 304 | 400 | 401 | 403 | 404 | 409 | 500 | 501 | 503,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'EngineError';
  }
}

export const badParameter = (message: string): EngineError => new EngineError(400, message);
export const notFound = (message: string): EngineError => new EngineError(404, message);
export const conflict = (message: string): EngineError => new EngineError(409, message);
