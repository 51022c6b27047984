import { lookUp } from '#base';
import type { HttpAnswer } from '../contract.ts';
import { textAnswer } from '../rest/render.ts';

/** Named checks; one that throws has failed. */
export type HealthChecks = Readonly<Record<string, () => void | Promise<void>>>;

const prefixes = ['/healthz', '/livez', '/readyz'];

/** `/healthz`, `/livez`, `/readyz` with `?verbose` and `?exclude=`, and each check under its own path. Undefined for other paths. */
export async function health(checks: HealthChecks, path: string, query: URLSearchParams): Promise<HttpAnswer | undefined> {
  const prefix = prefixes.find((name) => path === name || path.startsWith(`${name}/`));
  if (!prefix) return undefined;
  const only = path.slice(prefix.length + 1);
  if (only !== '' && !lookUp(checks, only)) return textAnswer(404, '404 page not found\n');
  const excluded = new Set(query.getAll('exclude'));
  const names = only === '' ? Object.keys(checks) : [only];
  const lines: string[] = [];
  let failed = 0;
  for (const name of names) {
    if (excluded.has(name)) {
      lines.push(`[+]${name} excluded: ok`);
      continue;
    }
    const why = await complaint(lookUp(checks, name)!);
    if (why === undefined) lines.push(`[+]${name} ok`);
    else {
      failed++;
      lines.push(`[-]${name} failed: ${why}`);
    }
  }
  const kind = prefix.slice(1);
  const unknown = [...excluded].filter((name) => !names.includes(name)).map((name) => JSON.stringify(name));
  if (unknown.length > 0) lines.push(`warn: some health checks cannot be excluded: no matches for ${unknown.join(', ')}`);
  if (failed > 0) return textAnswer(500, `${lines.join('\n')}\n${kind} check failed\n`);
  return textAnswer(200, query.has('verbose') && only === '' ? `${lines.join('\n')}\n${kind} check passed\n` : 'ok');
}

async function complaint(check: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await check();
    return undefined;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}
