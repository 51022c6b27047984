import { EngineError } from '../errors.ts';

export interface StartFailure {
  error: EngineError;
  message: string;
  exitCode: number;
}

const before = 'failed to create shim task: OCI runtime create failed: runc create failed: ';

/** In Docker's words, by which its command line tells 127 and 126 apart from the rest. */
export function failureOf(err: unknown): StartFailure {
  if (err instanceof EngineError) return { error: err, message: err.message, exitCode: 128 };
  const words = err instanceof Error ? err.message : String(err);
  if ((err as { code?: string }).code !== 'start-failed')
    return { error: new EngineError(500, words, { cause: err }), message: words, exitCode: 128 };
  const message = `${before}${words}: unknown`;
  const missing = /no such file or directory|executable file not found/.test(words);
  const forbidden = /permission denied|is a directory|exec format error/.test(words);
  return {
    error: new EngineError(missing || forbidden ? 400 : 500, message, { cause: err }),
    message,
    exitCode: missing ? 127 : forbidden ? 126 : 128,
  };
}
